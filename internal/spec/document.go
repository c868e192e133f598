package spec

import (
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// notHere are types that people know and that no workspace takes; the text
// says what to do instead.
var notHere = map[string]string{
	"aci":               "an Azure container instance exists only while a model is deployed to it; use a managed online endpoint, or a kubernetes compute",
	"containerinstance": "an Azure container instance exists only while a model is deployed to it; use a managed online endpoint, or a kubernetes compute",
	"functions":         "a function app is a place to deploy a packaged model to, not a compute of a workspace; deploy the package to the app",
	"iotedge":           "an IoT Edge device gets its models as modules from IoT Hub, not as a compute of a workspace; deploy the module there",
}

// document decodes one YAML document of a workspace: a compute, or nil with
// what there is to say about it.
func (w *loader) document(ws *Workspace, file *strictyaml.File, doc *strictyaml.Document) *Compute {
	c := &checker{ws: ws, file: file, root: doc.Root, nodes: map[string]place{}}
	defer func() {
		w.report(ws, c.errs...)
		ws.Notices = append(ws.Notices, c.notices...)
	}()
	if doc.Root.Kind != strictyaml.Map {
		file.Mask(doc.Root)
		c.add(file.Mismatch(doc.Root, strictyaml.WantMap).WithHint("a compute file is a map that begins with name and type"))
		return nil
	}
	nameNode, typeNode := doc.Root.Get("name"), doc.Root.Get("type")
	name, _ := nameNode.Text()
	if asset := otherAsset(doc.Root); asset != "" {
		w.skip(c, name, "other-asset", asset)
		return nil
	}
	typ, ok := typeNode.Text()
	if strings.EqualFold(typ, "local") {
		checkLocal(c)
		w.skip(c, name, "local", "a local compute, which needs nothing in the workspace")
		return nil
	}
	if !ok && nearlyWorkspace(path.Base(file.Name)) {
		c.maskSecrets()
		c.add(file.Errorf(doc.Root.Pos, "neither a compute nor the folder's %s, whose name it nearly has", WorkspaceFile).
			WithHint("move what it says to %s and remove it; if it holds a compute, add name and type", ws.File))
		return nil
	}
	if !ok {
		c.add(file.Errorf(doc.Root.Pos, "type is missing").
			WithHint("add type: amlcompute, or another kind of compute; %s", ignoreHint))
	}
	k := KindByName(typ)
	if ok && k == nil {
		w.unknownType(c, typeNode, typ)
	}
	c.checkNameNode(k, nameNode, name, ok)
	if k == nil {
		c.maskSecrets()
		return nil
	}
	c.kind = k
	x := &Compute{Name: name, Kind: k, File: file.Name, Line: doc.Root.Pos.Line}
	kindIndex()
	x.Values = c.fields(k.table, doc.Root, "", k.SDKv1, "$schema", "name", "type", "computesync")
	if n := doc.Root.Get("computesync"); n != nil {
		x.Lifecycle = c.lifecycle(k, n)
	}
	if !x.Lifecycle.Expires.IsZero() && !w.hasOwner {
		c.errorAt("computesync.expires", ownerHint, "expires needs owner: whose computes are removed must be said")
	}
	w.applyDefaults(c, x)
	c.finish(x)
	c.warnVersions(x, w.apiVersion)
	c.warnRetired(x, w.today)
	c.judge(x)
	return x
}

const ignoreHint = "name a file that holds no computes under ignore in workspace.yaml"

// orIgnore is a hint for a document that is meant as a compute; for one without name, type
// and any key of computes, it is to ignore the file.
func (c *checker) orIgnore(hint string) string {
	isOurs := func(e strictyaml.Entry) bool { return e.Key == "name" || e.Key == "type" || computeKeys()[e.Key] }
	if slices.ContainsFunc(c.root.Entries, isOurs) {
		return hint
	}
	return ignoreHint
}

func (c *checker) checkNameNode(k *Kind, n *strictyaml.Node, name string, typed bool) {
	if n.IsNull() {
		c.add(c.file.Errorf(c.root.Pos, "name is missing").WithHint("%s", c.orIgnore("add name: here; az takes the name from -n")))
		return
	}
	c.nodes["name"] = place{c.file, n.Pos}
	if text, ok := n.Text(); ok && text == "" {
		c.add(c.file.Errorf(n.Pos, "name is empty").WithHint("write the name of the compute"))
		return
	}
	if name == "" {
		c.add(c.file.Mismatch(n, strictyaml.WantString))
		return
	}
	if problem, hint := checkName(k, name); problem != "" && typed {
		c.add(c.file.Errorf(n.Pos, "%s", problem).WithHint("%s", hint))
	} else if k != nil && numberedTail.MatchString(name) {
		c.warn("name", "numbered-name", "by its documentation Azure may refuse to create %s: its name ends in - and a number", name)
	}
}

// unsupported is the type that az ml prints of a kind that it has no class for.
const unsupported = "*** Unsupported Compute Type ***"

func (w *loader) unknownType(c *checker, n *strictyaml.Node, typ string) {
	if why, ok := notHere[strings.ToLower(typ)]; ok {
		c.add(c.file.Errorf(n.Pos, "type %s cannot be managed", typ).WithHint("%s", why))
		return
	}
	names := kindNames()
	err := c.file.Errorf(n.Pos, "unknown compute type %q", clip(typ)).
		WithHint("known types: %s; %s", strings.Join(names, ", "), ignoreHint)
	if strings.EqualFold(typ, unsupported) {
		err.Hint = "az ml prints this for a kind that it does not know: write the kind's own type, or use computesync export"
	} else if near := strictyaml.Suggest(typ, names); near != "" {
		err.Hint = "did you mean " + near + "?"
	}
	c.add(err)
}

// maskSecrets hides every value of a document whose fields are not known.
func (c *checker) maskSecrets() {
	for i := range c.root.Entries {
		if e := &c.root.Entries[i]; e.Key != "name" && e.Key != "type" && e.Key != "$schema" {
			c.file.Mask(e.Value)
		}
	}
}

// finish brings the values to the form in which they are compared, and checks
// what no single field can.
func (c *checker) finish(x *Compute) {
	c.dropNull(x.Values)
	for i := range x.Kind.Fields {
		if f := &x.Kind.Fields[i]; f.Required && !c.has(f.Name) {
			c.errorAt(f.Name, "", "%s is missing", f.Name)
		}
	}
	if x.Kind.Field("network_settings.subnet") != nil {
		resolveSubnet(c, x)
	}
	if x.Kind.resource != nil {
		x.Kind.resource.resolve(c, x)
		if len(x.Name) > 16 && x.Attaches() {
			c.warn("name", "long-name", "Azure refused names above 16 characters for attached computes in the past")
		}
	}
	c.keep(x)
	if x.Kind.check != nil {
		x.Kind.check(c, x)
	}
}

// checkLocal checks a `type: local` document: of what it may say, the port of
// local inference alone can be wrong.
func checkLocal(c *checker) {
	known := []string{"$schema", "name", "type", "description", "tags", "port"}
	for i := range c.root.Entries {
		e := &c.root.Entries[i]
		switch {
		case !slices.Contains(known, e.Key):
			c.unknownKey(e, known)
		case e.Key == "port" && !e.Value.IsNull():
			c.nodes["port"] = place{c.file, e.Value.Pos}
			c.number(&Field{Name: "port", Type: Int, Min: 1, Max: 65535}, e.Value)
		}
	}
}

// applyDefaults fills what the file leaves open from workspace.yaml. Maps
// merge, everything else replaces; an explicit null keeps a default out.
func (w *loader) applyDefaults(c *checker, x *Compute) {
	d := w.defaults[x.Kind]
	if d == nil {
		return
	}
	for name, v := range d.values {
		own, stated := x.Values[name]
		if !stated && !c.has(name) {
			x.Values[name] = v
			c.nodes[name] = d.nodes[name]
			continue
		}
		if mine, ok := own.(map[string]string); ok {
			if theirs, ok := v.(map[string]string); ok {
				merged := mergeMaps(theirs, mine)
				for key := range theirs {
					if _, own := mine[key]; !own && c.has(join(name, key)) {
						delete(merged, key) // stated as null
					}
				}
				x.Values[name] = merged
			}
		}
	}
	for name, at := range d.nodes { // containers, for the positions of errors
		if _, ok := c.nodes[name]; !ok {
			c.nodes[name] = at
		}
	}
}
