package spec

import "strings"

// OwnerTag is the tag that says whose a compute is and how it came to be theirs.
const OwnerTag = "computesync-owner"

// adoptedMark ends the owner tag of a compute that somebody else made. Without
// it, a lost journal would turn what was adopted into what was made.
const adoptedMark = "/adopted"

// OwnerValue is what the owner tag says on a compute of that name. No owner has
// a slash in it, and no name.
func OwnerValue(owner, name string, adopted bool) string {
	value := owner + "/" + name
	if adopted {
		value += adoptedMark
	}
	return value
}

// SplitOwner reads an owner tag. The name shows a tag that was copied from
// another compute.
func SplitOwner(tag string) (owner, name string, adopted bool) {
	if rest, marked := strings.CutSuffix(tag, adoptedMark); marked && strings.Contains(rest, "/") {
		tag, adopted = rest, true
	}
	i := strings.LastIndexByte(tag, '/')
	if i < 0 {
		return tag, "", false
	}
	return tag[:i], tag[i+1:], adopted
}

// Adopted reports whether the owner tag of a compute says that it was adopted.
func Adopted(c *Compute) (adopted bool) {
	if key, ok := FindTag(c.Tags(), OwnerTag); ok {
		_, _, adopted = SplitOwner(c.Tags()[key])
	}
	return adopted
}
