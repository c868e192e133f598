package arm

// What a JSON value takes when encoding/json has decoded it into a map[string]any: an empty object is two bytes on the
// wire and 300 in memory.
const (
	weightObject = 320 // a map with room for eight keys
	weightArray  = 96  // a slice in an interface, with room for four
	weightValue  = 96  // a key or a place in a slice, and the value in an interface
)

// weight is about what body takes in memory when it is decoded, in bytes. What is no JSON has some weight as well.
func weight(body []byte) int64 {
	n := int64(len(body))
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{':
			n += weightObject
		case '[':
			n += weightArray
		case ',':
			n += weightValue
		case '"':
			i = endOfString(body, i)
		}
	}
	return n
}

// endOfString is where the string that begins at start ends.
func endOfString(body []byte, start int) int {
	for i := start + 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(body)
}
