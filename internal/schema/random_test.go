package schema_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
)

// TestRandomComputes draws computes, some with one thing wrong, and holds the
// verdict of the schemas against the loader's.
func TestRandomComputes(t *testing.T) {
	s := compileAll(t)
	taken := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		k := drawKind(t)
		d := &drawer{T: t, kind: k, wild: rapid.IntRange(0, 2).Draw(t, "wild") == 0}
		doc := d.fields(k.Fields, 8)
		doc["name"], doc["type"] = rapid.StringMatching(`[a-z]{3,8}`).Draw(t, "name"), recase(t, k.Name)
		if rapid.IntRange(0, 3).Draw(t, "lifecycle") == 0 {
			doc["computesync"] = d.keys(spec.LifecycleKeys(nil))
		}
		if d.wild && rapid.IntRange(0, 3).Draw(t, "typo") == 0 {
			set(doc, k.Fields[rapid.IntRange(0, len(k.Fields)-1).Draw(t, "typo of")].Name+"s", nil)
		}
		text, docs := d.write(doc)
		wrong, refused := load(map[string]string{spec.WorkspaceFile: workspaceYAML, "c.yaml": text}), s.compute(t, docs[0])
		taken[refused == nil]++
		agree(t, text, wrong, refused)
	})
	if taken[true] < 10 || taken[false] < 10 {
		t.Errorf("drawn one-sidedly: %v", taken)
	}
}

// TestRandomWorkspaces does the same to workspace.yaml.
func TestRandomWorkspaces(t *testing.T) {
	s := compileAll(t)
	rapid.Check(t, func(t *rapid.T) {
		d := &drawer{T: t, wild: rapid.IntRange(0, 2).Draw(t, "wild") == 0}
		doc := d.keys(spec.WorkspaceKeys())
		for key, v := range map[string]any{"subscription_id": "s", "resource_group": "rg", "workspace_name": "ml-a", "owner": "me"} {
			if doc[key] == nil && !d.wild {
				doc[key] = v
			}
		}
		if rapid.Bool().Draw(t, "defaults") {
			k := drawKind(t)
			d.kind = k
			doc[spec.DefaultsKey] = map[string]any{recase(t, k.Name): d.fields(k.Fields, 8)}
		}
		text, docs := d.write(doc)
		agree(t, text, load(map[string]string{spec.WorkspaceFile: text}), s.workspace.Validate(docs[0]))
	})
}

func agree(t *rapid.T, text string, wrong []string, refused error) {
	t.Helper()
	switch {
	case len(wrong) == 0 && refused != nil:
		t.Fatalf("the loader takes what the schema refuses: %v\n%s", refused, text)
	case refused == nil && !allExcused(wrong):
		t.Fatalf("the schema takes what the loader refuses:\n%s\n%s", strings.Join(wrong, "\n"), text)
	}
}

// drawer draws documents as people write them.
type drawer struct {
	*rapid.T
	kind *spec.Kind
	wild bool // now and then something that does not belong there
}

// write gives a document as a file, and as an editor reads it.
func (d *drawer) write(doc map[string]any) (string, []any) {
	text, err := json.MarshalIndent(doc, "", " ") // JSON is YAML
	if err != nil {
		d.Fatal(err)
	}
	docs, err := documents(string(text))
	if err != nil || len(docs) != 1 {
		d.Fatalf("%d documents: %v\n%s", len(docs), err, text)
	}
	return string(text), docs
}

// fields draws one in rare of the fields, and of those that must be, all.
func (d *drawer) fields(fields []spec.Field, rare int) map[string]any {
	doc := map[string]any{}
	for i := range fields {
		f := &fields[i]
		if f.Required || rapid.IntRange(1, rare).Draw(d.T, f.Name+"?") == 1 {
			set(doc, f.Name, d.value(f))
		}
	}
	return doc
}

// junk is what may stand where it must not.
var junk = []any{
	nil, true, 7, 0, -1, 1.5, "", "x", "7", "secret://env/1", "secret://env/OK", "PT1H", "P", "https://u:p@host/", "/subscriptions/s",
	[]any{},
	[]any{"a"},
	[]any{7},
	[]any{nil},
	map[string]any{},
	map[string]any{"a": 1},
}

func (d *drawer) value(f *spec.Field) any {
	if f.ReadOnly || d.wild && rapid.IntRange(0, 9).Draw(d.T, "junk?") == 0 {
		v := rapid.SampledFrom(junk).Draw(d.T, f.Name)
		if v == "7" && f.Min > 7 {
			return 7 // no schema bounds a number in quotes
		}
		return v
	}
	word := rapid.SampledFrom([]any{"a", "STANDARD_DS3_V2", "user one", "ünï", 7, 1.5, false})
	switch f.Type {
	case spec.Switch:
		return rapid.SampledFrom([]any{true, false, "yes", "Off", "1", 0}).Draw(d.T, f.Name)
	case spec.Int, spec.Seconds, spec.Minutes, spec.Timeout:
		most := f.Max
		if most == 0 {
			most = 1 << 40
		}
		n := rapid.Int64Range(f.Min, most).Draw(d.T, f.Name)
		if rapid.Bool().Draw(d.T, "quoted") {
			return strconv.FormatInt(n, 10)
		}
		return n
	case spec.Choice:
		e := rapid.SampledFrom(f.Enum).Draw(d.T, f.Name)
		return strings.ReplaceAll(recase(d.T, rapid.SampledFrom([]string{e.Spec, e.ARM}).Draw(d.T, "word")), ",", ", ")
	case spec.ISO:
		return rapid.SampledFrom([]string{"PT30M", "P1DT2H", "pt1.000h", "P1W", "PT90M30S", "PT", "P1H"}).Draw(d.T, f.Name)
	case spec.Secret:
		return rapid.SampledFrom([]string{
			"secret://env/COMPUTESYNC_SECRET_A", "secret://file/etc/key", "secret://credential/vm-key",
			"secret://keyvault/Ml-Vault/Vm-Password", "secret://keyvault/ml/k/0123456789abcdef0123456789ABCDEF", "secret://file//x", "secret://vault/x",
		}).Draw(d.T, f.Name)
	case spec.Tags, spec.Map:
		return rapid.MapOfN(rapid.SampledFrom([]string{"team", "7", "computesync-x", "Cost-Center"}), word, 0, 2).Draw(d.T, f.Name)
	case spec.Words, spec.List:
		if f.Enum != nil {
			word = rapid.Map(rapid.SampledFrom(f.Enum), func(e spec.Enum) any { return e.ARM })
		}
		return rapid.SliceOfN(word, 0, 2).Draw(d.T, f.Name)
	case spec.Ints:
		return rapid.SliceOfN(rapid.Int64Range(f.Min, f.Max), 0, 2).Draw(d.T, f.Name)
	case spec.Objects:
		list := make([]any, rapid.IntRange(0, 2).Draw(d.T, f.Name))
		for i := range list {
			list[i] = d.fields(f.Fields, 4)
		}
		return list
	case spec.Raw:
		return map[string]any{"rawThing": word.Draw(d.T, f.Name)}
	case spec.Resource:
		return d.resource(f)
	}
	if f.Form != nil && rapid.IntRange(0, 9).Draw(d.T, "of the form") > 0 {
		return rapid.SampledFrom(f.Form.Offer()).Draw(d.T, f.Name)
	}
	return word.Draw(d.T, f.Name)
}

func (d *drawer) resource(f *spec.Field) any {
	types := []string{"Microsoft.Network/virtualNetworks/subnets", "Microsoft.ManagedIdentity/userAssignedIdentities"}
	if a := d.kind.Attachment(); a != nil {
		types = append(types, a.Types...)
	}
	provider, kinds, _ := strings.Cut(rapid.SampledFrom(types).Draw(d.T, f.Name), "/")
	id := "/subscriptions/s/resourceGroups/g/providers/" + provider
	for k := range strings.SplitSeq(kinds, "/") {
		id += "/" + k + "/" + rapid.SampledFrom([]string{"a", "B-1", "a b", "é"}).Draw(d.T, "part")
	}
	return id
}

// drawKind draws a name, which is shorter to print than a kind.
func drawKind(t *rapid.T) *spec.Kind {
	var names []string
	for _, k := range spec.Kinds() {
		names = append(names, k.Name)
	}
	return spec.KindByName(rapid.SampledFrom(names).Draw(t, "kind"))
}

// recase writes a word in some case.
func recase(t *rapid.T, word string) string {
	return rapid.SampledFrom([]string{word, strings.ToUpper(word), strings.ToLower(word)}).Draw(t, "case")
}

// keys draws keys from outside the kinds' tables.
func (d *drawer) keys(keys []spec.Key) map[string]any {
	doc := map[string]any{}
	for _, key := range keys {
		switch {
		case key.Name == spec.DefaultsKey || rapid.Bool().Draw(d.T, key.Name+"?"):
		case d.wild && rapid.IntRange(0, 4).Draw(d.T, "junk?") == 0:
			doc[key.Name] = rapid.SampledFrom(junk).Draw(d.T, key.Name)
		case key.Name == spec.MaxDeletionsKey:
			doc[key.Name] = rapid.SampledFrom([]any{
				0, 3, 1_000_001, "20%", "100%", "0%", "101%", "007%", "3",
				map[string]any{"count": 3, "per": "24h"},
				map[string]any{"count": "20%", "per": "1h30m"},
				map[string]any{"count": "0%", "per": "30s"},
				map[string]any{"count": 3},
				map[string]any{"per": "6h"},
			}).Draw(d.T, key.Name)
		case key.Keys != nil && key.Type == spec.Objects:
			doc[key.Name] = []any{d.keys(key.Keys)}
		case key.Keys != nil:
			doc[key.Name] = d.keys(key.Keys)
		case key.Type == spec.Switch:
			doc[key.Name] = rapid.Bool().Draw(d.T, key.Name)
		case key.Type == spec.Choice:
			doc[key.Name] = rapid.SampledFrom(key.Words).Draw(d.T, key.Name)
		case key.Name == spec.IgnoreChangesKey:
			doc[key.Name] = []any{rapid.SampledFrom([]string{"tags", "description", "ssh_settings", "size", "id"}).Draw(d.T, key.Name)}
		case key.Type == spec.Words && key.Words != nil:
			doc[key.Name] = []any{rapid.SampledFrom(append(key.Words, "other")).Draw(d.T, key.Name)}
		case key.Type == spec.Words:
			doc[key.Name] = []any{"gpu-*"}
		case key.Name == spec.PolicyKey:
			doc[key.Name] = rapid.SampledFrom([]any{
				map[string]any{"no_public_ip": true, "max_nodes": 3},
				map[string]any{"max_nodes": "many"},
				map[string]any{"max_nodes": map[string]any{"severity": "hold"}},
				map[string]any{"required_tags": map[string]any{"tags": map[string]any{"team": nil, "env": []any{"dev"}}, "severity": "warning", "names": []any{"gpu-*"}}},
				map[string]any{"idle_shutdown": 10},
				map[string]any{"idle_shutdown": "hold"},
				map[string]any{"protected": []any{"a*"}},
				map[string]any{"protected": true},
				map[string]any{"allowed_sizes": []any{}},
				map[string]any{"no_low_priority": []any{"prod-*"}},
				map[string]any{"no_pubic_ip": true},
				nil, "strict",
			}).Draw(d.T, key.Name)
		case key.Name == "allow" || key.Name == "deny":
			doc[key.Name] = rapid.SampledFrom([]string{"0 22 * * 1-5", " 0 2  * * 6#1", "0 22 * *", "61 * * * *"}).Draw(d.T, key.Name)
		case key.Name == "duration":
			doc[key.Name] = rapid.SampledFrom([]any{"6h", "1h30m", "+90m", ".5h", "30s", "6", 6}).Draw(d.T, key.Name)
		case key.Name == "zone":
			doc[key.Name] = rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Local", "Mars"}).Draw(d.T, key.Name)
		case key.Name == "expires" || key.Name == "until":
			doc[key.Name] = rapid.SampledFrom([]string{"2036-12-24T18:00:00Z", "2036-12-24T9:00:00.5+01:00", "2036-12-24", "2036-13-24T18:00:00Z"}).Draw(d.T, key.Name)
		default:
			doc[key.Name] = rapid.SampledFrom([]string{"abc", "a/b", "ml-1", ""}).Draw(d.T, key.Name)
		}
	}
	return doc
}
