package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// A plan has two digests. The hash names what would be done, whatever holds it
// now: that is what a person approves. The seal covers all of the file, what is
// held and what is shown as well: that is what a signature is made over.

// SetSeal seals the plan as it is.
func (p *Plan) SetSeal() { p.Seal = p.seal() }

// seal digests all of the plan but the seal and its signature.
func (p *Plan) seal() string {
	bare := *p
	bare.Seal, bare.Signature = "", ""
	data, err := json.Marshal(&bare)
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
