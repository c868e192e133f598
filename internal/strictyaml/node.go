package strictyaml

import "fmt"

// Pos is a place in a file. Line and Col count from 1; Col counts characters,
// not bytes.
type Pos struct {
	File      string
	Line, Col int
}

// String is the usual "file:line:col".
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// before reports whether p stands ahead of q in one file.
func (p Pos) before(q Pos) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Col < q.Col
}

// Kind is the shape of a Node.
type Kind uint8

// The three shapes. Null is a Scalar whose IsNull is true.
const (
	Map Kind = iota + 1
	List
	Scalar
)

// String names the kind as messages do.
func (k Kind) String() string {
	switch k {
	case Map:
		return "a map"
	case List:
		return "a list"
	default:
		return "a single value"
	}
}

// Node is one value of a document. Nodes are read-only: an alias shares the
// node of its anchor, and Pos is where the value itself is written.
type Node struct {
	Kind    Kind
	Pos     Pos
	Entries []Entry // of a Map, in file order; entries of a merge key (<<) come last
	Items   []*Node // of a List
	Value   string  // of a Scalar: its text, unquoted and unfolded

	tag   string // short form, such as !!int; resolved from the text where none was written
	plain bool   // a scalar without quotes or block indicator
	end   Pos    // where the next thing in the file begins; zero is the end of the file
	cost  cost
}

// cost is what one more copy of a node would add.
type cost struct{ nodes, height int }

// Entry is one key of a Map with its value.
type Entry struct {
	Key    string
	KeyPos Pos
	Value  *Node
}

// Get returns the value under key, or nil if n is no map or has no such key.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return n.Entries[i].Value
		}
	}
	return nil
}

// IsNull reports whether n is an explicit or an empty null. A nil node is null.
func (n *Node) IsNull() bool {
	return n == nil || n.Kind == Scalar && n.tag == tagNull
}

// Document is one YAML document that is not empty.
type Document struct {
	Root *Node
	Pos  Pos // of its first line: the "---" where it has one
}
