package armsim

import (
	"fmt"
	"strings"
	"time"
)

// aks is an AKS cluster for inference: attached by its resource ID, or made by Azure ML where none is given. Its TLS
// configuration and load balancer change in place, by PUT (SDK v1); nothing else is known to.
var aks = kind{
	computeType: "AKS",
	attached:    withResource,
	check:       checkAKS,
	echo:        echoAKS,
	made:        makeAKS,
	apply:       applyAKS,
	fixed:       []string{"agentCount", "agentVmSize", "clusterPurpose", "aksNetworkingConfiguration"},
	actions:     map[string]func(*Server, *request, *compute) answer{"listkeys": (*Server).listKeys},
}

func checkAKS(_ *Server, rq *request, w *workspace, props *object) *refusal {
	in := props.at("properties")
	if in.num(0, "agentCount") < 0 {
		return refuse("The property 'agentCount' must not be negative.")
	}
	if withResource(props) {
		if r := needResource(props, managedCluster); r != nil {
			return r
		}
	}
	var live *object
	if c := w.find(rq.name); c != nil {
		live = c.inner().at("sslConfiguration")
	}
	return checkTLS(in.at("sslConfiguration"), live)
}

// echoAKS fills in the defaults of the SDK v1: three agents (one where clusterPurpose is DevTest) of Standard_D3_v2.
func echoAKS(c *compute, props *object) *object {
	in := props.at("properties")
	agents := 3
	if strings.EqualFold(in.str("clusterPurpose"), "DevTest") {
		agents = 1
	}
	balancer, subnet := balancer(in)
	return obj("clusterFqdn", nil, "systemServices", nil, "agentCount", in.or("agentCount", agents),
		"agentVmSize", upper(in.or("agentVmSize", "STANDARD_D3_V2")), "clusterPurpose", in.or("clusterPurpose", "FastProd"),
		"sslConfiguration", tls(c, in.at("sslConfiguration")), "aksNetworkingConfiguration", in.get("aksNetworkingConfiguration"),
		"loadBalancerType", balancer, "loadBalancerSubnet", subnet)
}

// balancer is the load balancer, and its subnet, that properties ask for.
func balancer(in *object) (kind, subnet any) {
	kind, subnet = in.or("loadBalancerType", "PublicIp"), in.get("loadBalancerSubnet")
	if internal(kind) && subnet == nil {
		subnet = "aks-subnet"
	}
	return kind, subnet
}

func internal(balancer any) bool {
	kind, _ := balancer.(string)
	return strings.EqualFold(kind, "InternalLoadBalancer")
}

func makeAKS(s *Server, c *compute, rq *request, body *object, at time.Time) {
	if !c.attached() { // the API description's examples name the cluster so
		suffix := hash(c.id(), c.born)
		c.props().set("resourceId", fmt.Sprintf("%s/providers/%s/%s-%s-%s", c.ws.groupID(), managedCluster, c.name, suffix[:5], suffix[5:18]))
	}
	fqdn := fmt.Sprintf("%s-%s.hcp.%s.azmk8s.io", fold(c.name), hash(fold(c.props().str("resourceId")))[:8], c.ws.location)
	c.inner().set("clusterFqdn", fqdn)
	c.serveFrontEnd()
	c.keys = obj("userKubeConfig", kubeConfig(fqdn, "clusterUser"), "adminKubeConfig", kubeConfig(fqdn, "clusterAdmin"),
		"imagePullSecretName", fold(c.name)+"-pull-secret")
	madeAttachment(s, c, rq, body, at)
}

func kubeConfig(fqdn, user string) string {
	return "apiVersion: v1\nkind: Config\nclusters:\n- name: aks\n  cluster:\n    server: https://" + fqdn + ":443\nusers:\n- name: " + user + "\n"
}

// applyAKS takes both from the request as they stand there: what it leaves out is the default again, TLS off.
func applyAKS(_ *Server, c *compute, body *object, _ time.Time) {
	in, doc := body.at("properties").at("properties"), c.inner()
	doc.set("sslConfiguration", tls(c, in.at("sslConfiguration")))
	balancer, subnet := balancer(in)
	doc.set("loadBalancerType", balancer)
	doc.set("loadBalancerSubnet", subnet)
	c.serveFrontEnd()
}

// serveFrontEnd shows the router that stands behind the load balancer.
func (c *compute) serveFrontEnd() {
	var address any
	if !internal(c.inner().get("loadBalancerType")) {
		address = publicAddress(c.props().str("resourceId"))
	}
	c.inner().set("systemServices", []any{obj("systemServiceType", "ScoringFrontEnd", "publicIpAddress", address, "version", "2.2.1")})
}
