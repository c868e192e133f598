package armsim

import "strings"

// checkTLS refuses a TLS configuration that is not complete. One that is in force need not be sent again: its certificate
// and key cannot be read, and a client that changes something else sends back what it read.
func checkTLS(in, live *object) *refusal {
	same := strings.EqualFold(in.str("status"), live.str("status"))
	cert, key := in.str("cert") != "", in.str("key") != ""
	switch fold(in.str("status")) {
	case "", "disabled":
	case "enabled":
		if in.str("cname") == "" {
			return refuse("The property 'sslConfiguration.cname' is required.")
		}
		if kept := same && !cert && !key && in.str("cname") == live.str("cname"); !kept && !(cert && key) {
			return refuse("The properties 'sslConfiguration.cert' and 'sslConfiguration.key' are required.")
		}
	case "auto":
		if !same && in.str("leafDomainLabel") == "" {
			return refuse("The property 'sslConfiguration.leafDomainLabel' is required.")
		}
	default:
		return refuse("The property 'sslConfiguration.status' must be Disabled, Enabled or Auto.")
	}
	return nil
}

// tls is the TLS configuration of c as GET shows it: without certificate and key, and null where none was ever asked for.
// Under a leaf domain label Microsoft gives the name ("Use TLS to secure a web service through Azure Machine Learning").
func tls(c *compute, in *object) any {
	if in == nil {
		return nil
	}
	cname, label := in.get("cname"), in.get("leafDomainLabel")
	if strings.EqualFold(in.str("status"), "Auto") {
		if label == nil {
			label = c.inner().get("sslConfiguration", "leafDomainLabel")
		}
		text, _ := label.(string)
		cname = fold(text) + hash(c.id())[:6] + "." + c.ws.location + ".cloudapp.azure.com"
	}
	return obj("status", in.or("status", "Disabled"), "cert", nil, "key", nil, "cname", cname, "leafDomainLabel", label,
		"overwriteExistingDomain", in.or("overwriteExistingDomain", false))
}
