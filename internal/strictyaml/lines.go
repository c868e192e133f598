package strictyaml

import "regexp"

// lineBreak is everything that ends a line for the library, which follows YAML 1.1.
var lineBreak = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

// sourceLines splits the text where YAML breaks lines. There is at least one.
func (f *File) sourceLines() []string {
	if f.lines == nil {
		f.lines = lineBreak.Split(string(f.data), -1)
	}
	return f.lines
}

// lineEnds are the byte offsets behind each line and its break.
func (f *File) lineEnds() []int {
	var ends []int
	for _, at := range lineBreak.FindAllIndex(f.data, -1) {
		ends = append(ends, at[1])
	}
	return append(ends, len(f.data))
}
