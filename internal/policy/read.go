package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// Parse reads a file that holds guard rails and nothing else.
func Parse(name string, data []byte) (Policy, strictyaml.Errors) {
	file, errs := strictyaml.Parse(name, data)
	if len(file.Docs) != 1 {
		if len(errs) == 0 {
			errs = strictyaml.Errors{file.Errorf(strictyaml.Pos{File: name, Line: 1, Col: 1}, "the policy must be one map").
				WithHint("write rules such as allowed_regions: [westeurope]")}
		}
		return nil, errs
	}
	p, more := Read(file, file.Docs[0].Root)
	return p, append(errs, more...).Sorted()
}

// Read reads a map of rules. All that is wrong comes at once.
func Read(file *strictyaml.File, n *strictyaml.Node) (Policy, strictyaml.Errors) {
	r := &reader{file: file}
	if n.IsNull() {
		return nil, nil
	}
	if n.Kind != strictyaml.Map {
		r.errs = append(r.errs, file.Mismatch(n, strictyaml.WantMap).WithHint("write rules such as allowed_regions: [westeurope]"))
		return nil, r.errs
	}
	var p Policy
	for i := range n.Entries {
		e := &n.Entries[i]
		rule := ruleBy(func(r *Rule) bool { return r.Key == e.Key })
		if rule == nil {
			r.unknown(e, ruleKeys())
			continue
		}
		if s, on := r.setting(rule, e.Value); on {
			p = append(p, s)
		}
	}
	return p, r.errs
}

func ruleKeys() []string {
	var keys []string
	for _, r := range rules {
		keys = append(keys, r.Key)
	}
	return keys
}

// NamesKey and SeverityKey are the settings that rules have beside their own.
const (
	NamesKey    = "names"
	SeverityKey = "severity"
)

// Plain reports whether true, false or a severity may stand in place of the
// rule's settings.
func (r *Rule) Plain() bool {
	return !r.Always && len(r.Keys) < 2 && (len(r.Keys) == 0 || !r.Keys[0].Required)
}

// keys are all that may stand in the map of a rule.
func (r *Rule) keys() []string {
	var keys []string
	for i := range r.Keys {
		keys = append(keys, r.Keys[i].Name)
	}
	if r.Always {
		return keys
	}
	if !slices.Contains(keys, NamesKey) {
		keys = append(keys, NamesKey)
	}
	return append(keys, SeverityKey)
}

type reader struct {
	file *strictyaml.File
	errs strictyaml.Errors
}

func (r *reader) add(n *strictyaml.Node, hint, format string, args ...any) {
	r.errs = append(r.errs, r.file.Errorf(n.Pos, format, args...).WithHint("%s", hint))
}

func (r *reader) unknown(e *strictyaml.Entry, known []string) {
	hint, near := "known keys: "+strings.Join(known, ", "), strictyaml.Suggest(e.Key, known)
	spec.MaskUnknown(r.file, e)
	if near != "" {
		hint = "did you mean " + near + "?"
	}
	r.errs = append(r.errs, r.file.Errorf(e.KeyPos, "unknown key %q", e.Key).WithHint("%s", hint))
}

// setting reads one rule; it is on unless it says false.
func (r *reader) setting(rule *Rule, n *strictyaml.Node) (s Setting, on bool) {
	s = Setting{Code: rule.Code, Severity: rule.Default}
	flag, isFlag := n.Bool()
	word, _ := n.Text()
	if len(rule.Keys) > 1 && n.Kind != strictyaml.Map { // it has no first among its settings
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantMap).WithHint("write %s: %s", rule.Key, rule.Example))
		return s, false
	}
	switch {
	case n.Kind == strictyaml.Map:
		r.long(rule, n, &s)
	case rule.Plain() && isFlag:
		return s, flag
	case rule.Plain() && slices.Contains(spec.SeverityNames(), word):
		r.severity(n, &s)
	case len(rule.Keys) > 0:
		r.value(&rule.Keys[0], n, &s)
	default:
		r.add(n, "write "+rule.Key+": "+rule.Example, "expected true, false, or one of %s", strings.Join(spec.SeverityNames(), ", "))
	}
	return s, true
}

func (r *reader) long(rule *Rule, n *strictyaml.Node, s *Setting) {
	for i := range n.Entries {
		e := &n.Entries[i]
		j := slices.IndexFunc(rule.Keys, func(k Key) bool { return k.Name == e.Key })
		switch {
		case j >= 0:
			r.value(&rule.Keys[j], e.Value, s)
		case rule.Always:
			r.unknown(e, rule.keys())
		case e.Key == SeverityKey:
			r.severity(e.Value, s)
		case e.Key == NamesKey:
			s.Names = r.globs(e.Value)
		default:
			r.unknown(e, rule.keys())
		}
	}
	for _, k := range rule.Keys {
		if k.Required && n.Get(k.Name) == nil {
			r.add(n, "write "+rule.Key+": "+rule.Example, "%s.%s is missing", rule.Key, k.Name)
		}
	}
	if rule.check != nil && len(rule.Keys) > 1 && !slices.ContainsFunc(rule.Keys, func(k Key) bool { return n.Get(k.Name) != nil }) {
		r.add(n, "write "+rule.Key+": "+rule.Example, "%s states no limit", rule.Key)
	}
}

func (r *reader) severity(n *strictyaml.Node, s *Setting) {
	word, _ := n.Text()
	i := slices.Index(spec.SeverityNames(), word)
	if i < 0 {
		r.add(n, "", "expected one of %s", strings.Join(spec.SeverityNames(), ", "))
		return
	}
	s.Severity = spec.Severity(i)
}

func (r *reader) value(k *Key, n *strictyaml.Node, s *Setting) {
	switch k.Type {
	case Globs:
		globs := r.globs(n)
		if s.List = globs; k.Name == NamesKey {
			s.Names = globs
		}
	case Tags:
		r.tags(n, s)
	case Number, Amount:
		r.number(k, n, s)
	}
}

func (r *reader) number(k *Key, n *strictyaml.Node, s *Setting) {
	v, ok := n.Float()
	want := strictyaml.WantFloat
	if k.Type == Number {
		var i int64
		i, ok = n.Int()
		v, want = float64(i), strictyaml.WantInt
	}
	switch {
	case !ok:
		r.errs = append(r.errs, r.file.Mismatch(n, want))
	case k.Type == Amount && v <= 0:
		r.add(n, "", "%s must be above 0", k.Name)
	case v < k.Min:
		r.add(n, "", "%s must be at least %v", k.Name, k.Min)
	default:
		if s.Numbers == nil {
			s.Numbers = map[string]float64{}
		}
		s.Numbers[k.Name] = v
	}
}

// globs reads a list of globs. An empty one is an error: whether it means all
// or nothing, one reader in two would get wrong.
func (r *reader) globs(n *strictyaml.Node) []string {
	if n.Kind != strictyaml.List {
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantList))
		return nil
	}
	if len(n.Items) == 0 {
		r.add(n, "leave the rule out, or list something", "the list is empty")
	}
	var globs []string
	for _, item := range n.Items {
		s, ok := item.Text()
		if !ok {
			r.errs = append(r.errs, r.file.Mismatch(item, strictyaml.WantString))
			continue
		}
		if _, err := path.Match(s, "x"); err != nil || s == "" {
			r.add(item, "", "%q is not a glob", clip(s))
			continue
		}
		globs = append(globs, s)
	}
	return globs
}

// tags reads tag keys as a list, or as a map with the values they may have.
func (r *reader) tags(n *strictyaml.Node, s *Setting) {
	s.Tags = map[string][]string{}
	if n.Kind != strictyaml.Map {
		for _, key := range r.globs(n) {
			s.Tags[key] = nil
		}
		return
	}
	for _, e := range n.Entries {
		s.Tags[e.Key] = nil
		if !e.Value.IsNull() {
			s.Tags[e.Key] = r.globs(e.Value)
		}
	}
	if len(n.Entries) == 0 {
		r.add(n, "leave the rule out, or list something", "the list is empty")
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return fmt.Sprintf("%s…", string(r[:40]))
	}
	return s
}
