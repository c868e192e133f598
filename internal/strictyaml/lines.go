package strictyaml

// lineBreak finds the next end of a line: CR, LF or CRLF. (The library takes NEL,
// LS and PS for ends, too, as YAML 1.1 has it; no file with those is read.) It
// returns the offsets where the break begins and where the next line does, or
// ok=false.
func lineBreak(data []byte, from int) (at, next int, ok bool) {
	for i := from; i < len(data); i++ {
		switch b := data[i]; {
		case b == '\n':
			return i, i + 1, true
		case b == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return i, i + 2, true
		case b == '\r':
			return i, i + 1, true
		}
	}
	return 0, 0, false
}

// sourceLines are the lines without their ends. There is at least one.
func (f *File) sourceLines() []string {
	if f.lines == nil {
		from := 0
		for at, next, ok := lineBreak(f.data, 0); ok; at, next, ok = lineBreak(f.data, from) {
			f.lines = append(f.lines, string(f.data[from:at]))
			from = next
		}
		f.lines = append(f.lines, string(f.data[from:]))
	}
	return f.lines
}

// lineEnds are the byte offsets behind each line and its end.
func (f *File) lineEnds() []int {
	var ends []int
	for _, next, ok := lineBreak(f.data, 0); ok; _, next, ok = lineBreak(f.data, next) {
		ends = append(ends, next)
	}
	return append(ends, len(f.data))
}

// endsInLine reports whether the last line has no end of its own.
func (f *File) endsInLine() bool {
	tail := max(len(f.data)-3, 0)
	last := -1
	for _, next, ok := lineBreak(f.data, tail); ok; _, next, ok = lineBreak(f.data, next) {
		last = next
	}
	return last != len(f.data)
}
