package export_test

import (
	"encoding/base64"
	"fmt"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/spec/spectest"
)

const inGroup = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-data/providers/"

// attaches is what each kind attaches.
var attaches = map[string]string{
	"kubernetes": "Microsoft.ContainerService/managedClusters/", "virtualmachine": "Microsoft.Compute/virtualMachines/",
	"synapsespark": "Microsoft.Synapse/workspaces/w/bigDataPools/", "aks": "Microsoft.ContainerService/managedClusters/",
	"hdinsight": "Microsoft.HDInsight/clusters/", "databricks": "Microsoft.Databricks/workspaces/",
	"datalakeanalytics": "Microsoft.DataLakeAnalytics/accounts/", "batch": "Microsoft.Batch/batchAccounts/",
	"datafactory": "Microsoft.DataFactory/factories/",
}

// draw draws a compute of a kind that the service takes: what spectest draws,
// made to fit together. n keeps names and resources apart.
func draw(t *rapid.T, k *spec.Kind, n int) *spec.Compute {
	c := spectest.Compute(t, k)
	c.Name = fmt.Sprintf("%s%dx", c.Name, n)
	delete(c.Values, "properties") // the service drops what it does not know
	drawIdentity(t, c)
	if c.Values["network_settings.subnet"] != nil {
		c.Values["network_settings.subnet"] = inGroup + "Microsoft.Network/virtualNetworks/vnet/subnets/default"
	}
	if c.Values["location"] != nil {
		c.Values["location"] = rapid.SampledFrom([]string{"westeurope", "North Europe"}).Draw(t, "location")
	}
	if k.Field("size") != nil && (c.Values["size"] != nil || !k.Attachable()) {
		c.Values["size"] = rapid.SampledFrom([]string{"Standard_DS3_v2", "STANDARD_D2S_V3", "standard_nc6"}).Draw(t, "size")
	}
	drawResource(t, c, n)
	switch k.Name {
	case "amlcompute":
		fitCluster(t, c)
	case "computeinstance":
		fitInstance(t, c)
	case "virtualmachine", "hdinsight":
		delete(c.Values, "ssh_settings.private_key_passphrase")
		delete(c.Values, "ssh_settings.ssh_private_key_file")
		c.Values["ssh_settings.admin_password"] = reference
	case "aks":
		fitAKS(t, c)
	case "kubernetes":
		if c.Values["namespace"] != nil { // each its own of one cluster
			c.Values["namespace"] = fmt.Sprintf("team-%d", n)
			c.Values["resource_id"] = inGroup + attaches["kubernetes"] + "shared"
		}
		if rapid.Bool().Draw(t, "instance types?") {
			c.Values["properties"] = map[string]any{"defaultInstanceType": "gpu", "instanceTypes": map[string]any{
				"gpu":                 map[string]any{"resources": map[string]any{"limits": map[string]any{"nvidia.com/gpu": "1"}}},
				"defaultinstancetype": map[string]any{"nodeSelector": nil},
			}}
		}
	case "databricks":
		delete(c.Values, "workspace_url") // Azure finds it by the resource, so it is left out
	}
	return c
}

var reference = secret.Ref{Scheme: secret.Env, Name: "COMPUTESYNC_SECRET_X"}

func drawIdentity(t *rapid.T, c *spec.Compute) {
	delete(c.Values, "identity.user_assigned_identities")
	delete(c.Values, "identity.type")
	if c.Kind.Field("identity.type") == nil || !rapid.Bool().Draw(t, "identity?") {
		return
	}
	c.Values["identity.type"] = "system_assigned"
	if n := rapid.IntRange(0, 3).Draw(t, "identities"); n > 0 {
		if c.Kind.Name == "kubernetes" {
			n = 1
		}
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"resource_id": fmt.Sprintf("%sMicrosoft.ManagedIdentity/userAssignedIdentities/%d", inGroup, i)}
		}
		c.Values["identity.type"], c.Values["identity.user_assigned_identities"] = "user_assigned", list
	}
}

// drawResource attaches in one of the ways of the kind, or not at all.
func drawResource(t *rapid.T, c *spec.Compute, n int) {
	of := attaches[c.Kind.Name]
	if of == "" {
		return
	}
	delete(c.Values, "resource_id")
	delete(c.Values, "address")
	switch way := rapid.IntRange(0, 2).Draw(t, "way"); {
	case c.Kind.Managed && way == 0: // made
	case c.Kind.Field("address") != nil && way == 0:
		c.Values["address"] = fmt.Sprintf("vm%d.example.com", n)
		if c.Kind.Name == "hdinsight" {
			c.Values["address"] = fmt.Sprintf("h%d-ssh.azurehdinsight.net", n)
		}
	default:
		c.Values["resource_id"] = fmt.Sprintf("%s%sr%d", inGroup, of, n)
	}
}

func fitCluster(t *rapid.T, c *spec.Compute) {
	most := rapid.Int64Range(0, 20).Draw(t, "max")
	c.Values["max_instances"], c.Values["min_instances"] = most, rapid.Int64Range(0, most).Draw(t, "min")
	if c.Values["ssh_settings.admin_username"] == nil {
		delete(c.Values, "ssh_settings.ssh_key_value")
		delete(c.Values, "ssh_settings.admin_password")
	} else if c.Values["ssh_settings.ssh_key_value"] == nil {
		c.Values["ssh_settings.admin_password"] = reference
	}
	if c.Values["virtual_machine_image"] != nil {
		c.Values["os_type"] = "windows"
	}
}

func fitInstance(t *rapid.T, c *spec.Compute) {
	if c.Values["idle_time_before_shutdown_minutes"] != nil {
		c.Values["idle_time_before_shutdown_minutes"] = rapid.Int64Range(15*60, 3*86400).Draw(t, "idle")
	}
	if c.Values["ssh_public_access_enabled"] == true {
		c.Values["ssh_settings.ssh_key_value"] = "ssh-rsa AAAA"
	}
	for _, side := range []string{"user_tenant_id", "user_object_id"} {
		if c.Values["create_on_behalf_of.user_tenant_id"] != nil || c.Values["create_on_behalf_of.user_object_id"] != nil {
			c.Values["create_on_behalf_of."+side] = "aaaabbbb-0000-1111-2222-ccccddddeeee"
		}
	}
	if c.Values["setup_scripts.creation_script.source"] == "inline" {
		script := rapid.StringMatching(`(#!/bin/sh\r?\n)?echo( *[a-z"':#ü]*\n?){0,3}`).Draw(t, "script")
		c.Values["setup_scripts.creation_script.path"] = base64.StdEncoding.EncodeToString([]byte(script))
	}
	for _, script := range []string{"setup_scripts.creation_script", "setup_scripts.startup_script"} {
		if c.Values[script+".path"] == nil { // there is none
			for _, key := range []string{".source", ".command", ".timeout_minutes"} {
				delete(c.Values, script+key)
			}
		}
	}
	if c.Values["setup_scripts.startup_script.source"] == "inline" {
		c.Values["setup_scripts.startup_script.path"] = "ZWNobw=="
	}
	apps, _ := c.Values["custom_applications"].([]any)
	for i, item := range apps {
		app := item.(map[string]any)
		app["name"] = fmt.Sprintf("app %d", i)
		ends, _ := app["endpoints"].([]any)
		for j, end := range ends {
			end.(map[string]any)["published"] = int64(8000 + 10*i + j)
		}
		volumes, _ := app["volumes"].([]any)
		for _, v := range volumes {
			volume := v.(map[string]any)
			volume["source"] = "data"
			if volume["type"] == "tmpfs" {
				delete(volume, "source")
			}
		}
	}
}

func fitAKS(t *rapid.T, c *spec.Compute) {
	for name, v := range map[string]string{"service_cidr": "10.0.0.0/16", "docker_bridge_cidr": "172.17.0.1/16", "dns_service_ip": "10.0.0.10"} {
		if c.Values["network_settings."+name] != nil {
			c.Values["network_settings."+name] = v
		}
	}
	if c.Values["resource_id"] != nil {
		for _, f := range c.Kind.Fields {
			if f.Change == spec.ByReplace && !f.Reattach {
				delete(c.Values, f.Name)
			}
		}
	}
	if c.Values["load_balancer_type"] != "internal" {
		delete(c.Values, "load_balancer_subnet")
	}
	for _, name := range []string{"status", "cname", "cert", "key", "leaf_domain_label", "overwrite_existing_domain"} {
		delete(c.Values, "ssl."+name)
	}
	switch status := rapid.SampledFrom([]string{"", "disabled", "enabled", "auto"}).Draw(t, "tls"); status {
	case "":
	case "enabled":
		c.Values["ssl.cname"], c.Values["ssl.cert"], c.Values["ssl.key"] = "ml.example.com", reference, reference
		fallthrough
	case "auto":
		if status == "auto" {
			c.Values["ssl.leaf_domain_label"] = "ml"
		}
		fallthrough
	default:
		c.Values["ssl.status"] = status
	}
}
