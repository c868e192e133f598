package strictyaml

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Pair is one key of a map that is to be written, and its value: nil, a bool,
// int64, float64 or string, a []any of such values, or a []Pair for a map
// inside the map.
type Pair struct {
	Key    string
	Value  any
	Remark string // a comment behind a single value; "" is none
}

// Write writes a map as one YAML document that Parse reads back as the same
// values. Pairs keep their order; strings are quoted where YAML, of version
// 1.1 too, would take them for something else. A value of another type is an
// error.
func Write(pairs []Pair) ([]byte, error) {
	root, err := toNode(pairs)
	if err != nil {
		return nil, fmt.Errorf("write yaml: %w", err)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write yaml: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write yaml: %w", err)
	}
	return escapeRefused(b.Bytes()), nil
}

// escapeRefused escapes what Parse refuses. The library writes such characters
// as they are; what has one is in double quotes.
func escapeRefused(doc []byte) []byte {
	if bytes.IndexFunc(doc, refused) < 0 {
		return doc
	}
	var out []byte
	for _, r := range string(doc) {
		if refused(r) {
			out = fmt.Appendf(out, `\U%08x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// toNode makes the library's node of a value.
func toNode(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case []Pair:
		return mapNode(v)
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: tagSeq}
		for _, item := range v {
			one, err := toNode(item)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, one)
		}
		return n, nil
	case nil, bool, int64, float64:
		return scalar(v)
	case string:
		return stringNode(v)
	}
	return nil, fmt.Errorf("no YAML for a %T", v)
}

func mapNode(pairs []Pair) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: tagMap}
	for _, p := range pairs {
		key, err := stringNode(p.Key)
		if err != nil {
			return nil, err
		}
		value, err := toNode(p.Value)
		if err != nil {
			return nil, err
		}
		value.LineComment = p.Remark
		n.Content = append(n.Content, key, value)
	}
	return n, nil
}

// stringNode writes plain lines as they are, and several as a block. The
// library writes no block that begins or ends in blanks such that it reads
// back the same, and takes << for a merge key: those go into quotes.
func stringNode(s string) (*yaml.Node, error) {
	plain := !strings.ContainsFunc(s, needsQuotes) && !timestamp.MatchString(s)
	if n, err := scalar(s); plain && err == nil && n.Tag == tagStr || fitsBlock(s) {
		return n, err
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagStr, Value: s, Style: yaml.DoubleQuotedStyle}, nil
}

// timestamp is what YAML 1.1 takes for a time. The library knows some forms of it
// only, and what others read as a time is no text for them.
var timestamp = regexp.MustCompile(`^\d{4}-\d\d?-\d\d?([Tt]|\s+)\d`)

func needsQuotes(r rune) bool { return r == '\n' || refused(r) }

func fitsBlock(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	return strings.Contains(body, "\n") && body == strings.TrimSpace(body) && !strings.ContainsAny(s, "\t\r") &&
		!strings.ContainsFunc(s, refused)
}

func scalar(v any) (*yaml.Node, error) {
	n := &yaml.Node{}
	err := n.Encode(v)
	return n, err
}
