package spec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keyList is a file of testdata/keys: the keys that others have, on a day.
type keyList struct {
	Source, Read string
	Oldest       string // a key that an api-version as old has says nothing of versions
	Kinds        map[string]map[string]keyFacts
}

// keyFacts are those of one key. Of api-versions, the first are named from
// which on all of that sort have it.
type keyFacts struct {
	ReadOnly        bool
	Stable, Preview string
}

func readKeys(t *testing.T, name string) *keyList {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	list := &keyList{}
	if err := json.Unmarshal(data, list); err != nil {
		t.Fatal(err)
	}
	if list.Source == "" || list.Read == "" {
		t.Fatalf("%s does not say where it comes from, and when", name)
	}
	return list
}

// of are the keys of a kind by its name, with those that all kinds have.
func (l *keyList) of(kind string) map[string]keyFacts {
	all := map[string]keyFacts{}
	for _, list := range []map[string]keyFacts{l.Kinds["*"], l.Kinds[kind]} {
		for key, facts := range list {
			all[key] = facts
		}
	}
	return all
}

// reasons say why a key is treated otherwise than where it comes from, by "KIND
// KEY"; "*" is every kind. One that explains nothing is an error.
type reasons map[string]string

// excuse reports whether there is a reason for the key, or for one above it.
func (r reasons) excuse(used map[string]bool, kind, key string) bool {
	for _, k := range []string{kind, "*"} {
		for above := key; ; {
			if name := k + " " + above; r[name] != "" {
				used[name] = true
				return true
			}
			i := strings.LastIndexByte(above, '.')
			if i < 0 {
				break
			}
			above = above[:i]
		}
	}
	return false
}

// stale fails for reasons that explain nothing.
func (r reasons) stale(t *testing.T, used map[string]bool) {
	t.Helper()
	for name := range r {
		if !used[name] {
			t.Errorf("the reason for %s explains nothing", name)
		}
	}
}

// notAz are the keys of az ml that are no fields, and read-only fields that are
// no keys of az ml.
var notAz = reasons{
	"* name":                           "the loader reads it before the fields",
	"* type":                           "the loader reads it before the fields",
	"* resourceGroup":                  "the az command line adds it to what it prints",
	"computeinstance location":         "az ml replaces it by the workspace's, with a warning",
	"kubernetes location":              "az ml replaces it by the workspace's, with a warning",
	"synapsespark location":            "az ml replaces it by the workspace's, with a warning",
	"virtualmachine location":          "az ml replaces it by the workspace's, with a warning",
	"synapsespark scale_settings":      "one read-only key here, with all that is below it",
	"synapsespark auto_pause_settings": "one read-only key here, with all that is below it",
}

// TestKeysOfAz compares the tables with the keys of az ml: each is a field, read
// and dropped where az ml drops it, and no other key is dropped.
func TestKeysOfAz(t *testing.T) {
	list, used := readKeys(t, "azure-ai-ml.json"), map[string]bool{}
	for kind := range list.Kinds {
		k := KindByName(kind)
		if k == nil {
			if kind != "*" {
				t.Errorf("there is no kind %s", kind)
			}
			continue
		}
		ours, theirs := map[string]*Field{}, list.of(kind)
		specKeys(k.Fields, "", ours)
		for key, facts := range theirs {
			f := ours[key]
			if (f == nil || f.ReadOnly != facts.ReadOnly) && !notAz.excuse(used, kind, key) {
				t.Errorf("%s %s of az ml: read-only %v, here %+v", kind, key, facts.ReadOnly, f)
			}
		}
		for key, f := range ours {
			if _, known := theirs[key]; f.ReadOnly && !known && !notAz.excuse(used, kind, key) {
				t.Errorf("%s %s is read-only, and az ml has no such key", kind, key)
			}
		}
	}
	notAz.stale(t, used)
}

// specKeys collects fields by their keys, those of items behind [].
func specKeys(fields []Field, prefix string, into map[string]*Field) {
	for i := range fields {
		f := &fields[i]
		if f.Type == Objects && len(f.Fields) > 0 {
			specKeys(f.Fields, prefix+f.Name+"[].", into)
			continue
		}
		into[prefix+f.Name] = f
	}
}

// notARM are the keys of ARM that are no fields, and what the tables have and
// the schemas lack or say otherwise.
var notARM = reasons{
	"* id":                            "decoded beside the fields",
	"* name":                          "the head of every spec",
	"* type":                          "the same for all computes",
	"* location":                      "of the workspace, which is asked for it",
	"* sku":                           "the service takes and drops it (Azure/azure-service-operator, recordings of 2022 and 2025)",
	"* systemData":                    "no recorded compute has it",
	"* identity.principalId":          "az ml prints it",
	"* identity.tenantId":             "az ml prints it",
	"* properties.createdOn":          "decoded beside the fields",
	"* properties.modifiedOn":         "decoded beside the fields",
	"* properties.provisioningErrors": "decoded beside the fields",
	"* properties.provisioningState":  "decoded beside the fields",
	"* properties.isAttachedCompute":  "decoded beside the fields",
	"* properties.computeType":        "the kind",
	"* properties.computeLocation":    "of clusters alone it may differ from the workspace's (Microsoft's guide to clusters)",
	"* properties.resourceId":         "the kind attaches nothing",

	"* identity.type": "az ml and the v1 SDK give this kind none",
	"* identity.userAssignedIdentities.*.clientId":    "az ml prints it",
	"* identity.userAssignedIdentities.*.principalId": "az ml prints it",

	"AmlCompute properties.properties.propertyBag": "raw: no client has a key for it",

	"ComputeInstance properties.properties.autologgerSettings":                              "raw: no client has a key for it",
	"ComputeInstance properties.properties.customServices[].*":                              "open objects, of which no further key is known",
	"ComputeInstance properties.properties.customServices[].image.*":                        "open objects, of which no further key is known",
	"ComputeInstance properties.properties.customServices[].docker.*":                       "open objects, of which no further key is known",
	"ComputeInstance properties.properties.customServices[].environmentVariables.*.*":       "open objects, of which no further key is known",
	"ComputeInstance properties.properties.schedules.computeStartStop[].id":                 "az ml prints it as schedule_id",
	"ComputeInstance properties.properties.schedules.computeStartStop[].provisioningStatus": "az ml prints it as provisioning_state",
	"ComputeInstance properties.properties.schedules.computeStartStop[].schedule":           "deprecated, and no client has a key for it",
	"ComputeInstance properties.properties.imageVersion":                                    "in recordings, in no schema",
	"ComputeInstance properties.properties.enableBatchPrivateLink":                          "in recordings, in no schema",
	"ComputeInstance properties.properties.updateStatus":                                    "in recordings, in no schema",
	"AmlCompute properties.properties.enableBatchPrivateLink":                               "in recordings, in no schema",
	"VirtualMachine properties.properties.ipAddress":                                        "in recordings, in no schema",
	"VirtualMachine properties.properties.imageVersion":                                     "in recordings, in no schema",
	"VirtualMachine properties.properties.applicationUris":                                  "in recordings, in no schema",
	"VirtualMachine properties.properties.createdBy":                                        "in recordings, in no schema",
	"VirtualMachine properties.properties.virtualMachineSize":                               "writable in the schemas; the service reads it from the machine",
	"VirtualMachine properties.properties.administratorAccount.passphrase":                  "of the v1 SDK, in no schema",
	"HDInsight properties.properties.administratorAccount.passphrase":                       "of the v1 SDK, in no schema",
	"VirtualMachine properties.properties.administratorAccount.publicKeyData":               "az ml sends null: a machine is reached by its private key",
	"HDInsight properties.properties.administratorAccount.publicKeyData":                    "az ml sends null: a machine is reached by its private key",
	"AKS properties.properties.clusterFqdn":                                                 "writable in the schemas; the v1 SDK reads it only",
	"SynapseSpark properties.properties.sparkVersion":                                       "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.nodeCount":                                          "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.nodeSize":                                           "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.nodeSizeFamily":                                     "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.subscriptionId":                                     "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.resourceGroup":                                      "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.workspaceName":                                      "writable in the schemas; az ml reads it only",
	"SynapseSpark properties.properties.poolName":                                           "writable in the schemas; az ml reads it only",
	"Kubernetes properties.properties.defaultInstanceType":                                  "raw, as in az ml",
	"Kubernetes properties.properties.instanceTypes":                                        "raw, as in az ml",
	"Kubernetes properties.properties.extensionInstanceReleaseTrain":                        "raw, as in az ml",
	"Kubernetes properties.properties.extensionPrincipalId":                                 "raw, as in az ml",
	"Kubernetes properties.properties.vcName":                                               "raw, as in az ml",
}

// TestKeysOfARM compares the tables with the schemas of Resource Manager: each
// key has a field or a reason, and each field that api-versions lack says so.
func TestKeysOfARM(t *testing.T) {
	list, used := readKeys(t, "arm.json"), map[string]bool{}
	for _, k := range Kinds() {
		if list.Kinds[k.ComputeType] == nil {
			if k != batch { // only the retired Python SDK knows it
				t.Errorf("there are no keys of %s", k.ComputeType)
			}
			continue
		}
		ours, theirs := map[string]keyFacts{}, list.of(k.ComputeType)
		armKeys(k.Fields, "", keyFacts{}, ours)
		for path := range k.Also {
			ours[path] = keyFacts{}
		}
		for _, path := range k.readOnly {
			ours["properties.properties."+path] = keyFacts{ReadOnly: true}
		}
		for key, facts := range theirs {
			if facts.ReadOnly {
				facts = keyFacts{ReadOnly: true} // nobody sends it, to whatever version
			}
			if got, known := ours[key]; (!known || got != facts) && !below(ours, key) && !notARM.excuse(used, k.ComputeType, key) {
				t.Errorf("%s %s of ARM: %+v, here %+v", k.ComputeType, key, facts, got)
			}
		}
		for key := range ours {
			if _, known := theirs[key]; !known && !above(theirs, key) && !notARM.excuse(used, k.ComputeType, key) {
				t.Errorf("%s %s is in no schema", k.ComputeType, key)
			}
		}
		rawTakes(t, k, theirs)
	}
	notARM.stale(t, used)
}

// armKeys collects the ARM paths of fields with their facts: those of an item
// behind [], or behind .* where ARM has a map. An item has its list's versions.
func armKeys(fields []Field, prefix string, of keyFacts, into map[string]keyFacts) {
	for i := range fields {
		f := &fields[i]
		facts, path := of, prefix+f.ARM
		if f.Stable+f.Preview != "" {
			facts.Stable, facts.Preview = f.Stable, f.Preview
		}
		item := path + "[]."
		if f.Key != "" || f.Type == Map || f.Type == Tags {
			item = path + ".*"
		}
		switch {
		case f.ARM == "" || f.Type == Raw:
		case f.Type == Objects && f.Key == "":
			armKeys(f.Fields, item, facts, into)
		case f.Type == Map && f.Item != "":
			into[item+"."+f.Item] = facts
			for also := range f.Also {
				into[item+"."+also] = facts
			}
		case f.Type == Tags, f.Key != "":
			into[item] = facts
		default:
			into[path] = facts
		}
	}
}

// below reports whether the key is part of one that is read-only as a whole.
func below(ours map[string]keyFacts, key string) bool {
	for path, facts := range ours {
		if facts.ReadOnly && strings.HasPrefix(key, path+".") {
			return true
		}
	}
	return false
}

// above reports whether the schemas have keys below ours.
func above(theirs map[string]keyFacts, key string) bool {
	for path := range theirs {
		if strings.HasPrefix(path, key+".") {
			return true
		}
	}
	return false
}

// rawTakes checks that raw properties take what is said to be raw.
func rawTakes(t *testing.T, k *Kind, theirs map[string]keyFacts) {
	t.Helper()
	for key := range theirs {
		reason := notARM[k.ComputeType+" "+key]
		if strings.HasPrefix(reason, "raw") && (k.Field("properties") == nil || k.owns(key) != "") {
			t.Errorf("%s %s: %q, and there it belongs elsewhere: %s", k.ComputeType, key, reason, k.owns(key))
		}
	}
}
