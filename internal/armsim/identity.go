package armsim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const tenant = "11111111-1111-1111-1111-111111111111"

// identity is what GET shows for an identity of a request: principals filled in; nil where there is none.
func identity(c *compute, in *object) *object {
	kind := in.str("type")
	if kind == "" || strings.EqualFold(kind, "None") {
		return nil
	}
	out := obj("type", kind)
	if strings.Contains(fold(kind), "systemassigned") {
		out.set("principalId", hashGUID(c.id(), c.born))
		out.set("tenantId", tenant)
	}
	if users := in.at("userAssignedIdentities"); users != nil {
		filled := obj()
		for _, m := range users.members {
			filled.set(m.key, obj("principalId", hashGUID(fold(m.key), "principal"), "clientId", hashGUID(fold(m.key), "client")))
		}
		out.set("userAssignedIdentities", filled)
	}
	return out
}

// identify gives c the identity of a request, or none, in place of the one it has.
func (c *compute) identify(in *object) {
	c.doc.remove("identity")
	if id := identity(c, in); id != nil {
		c.doc.setAfter("tags", "identity", id)
	}
}

// hash is 64 hexadecimal digits that depend on nothing but parts.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func hashGUID(parts ...string) string {
	h := hash(parts...)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}
