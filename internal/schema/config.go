package schema

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/config"
)

// Config is the schema of the daemon's configuration file.
func Config() *Schema {
	s := configMap(config.Keys())
	s.Type = types{"object"}
	s.Schema, s.ID, s.Title = draft, base+"config.json", "The configuration of the computesync daemon"
	return s
}

// configMap is a map of keys, some of which stand below others.
func configMap(keys []config.Key) *Schema {
	s := section()
	for i := range keys {
		k, at := &keys[i], s
		parts := strings.Split(k.Name, ".")
		leaf := parts[len(parts)-1]
		for _, part := range parts[:len(parts)-1] {
			if at.Properties[part] == nil {
				at.Properties[part] = section()
			}
			at = at.Properties[part]
		}
		at.Properties[leaf] = configValue(k)
		at.Properties[leaf].Description, at.Properties[leaf].Default = k.Doc, configDefault(k)
		if k.Required {
			at.Required = append(at.Required, leaf)
		}
	}
	return s
}

// section may be empty: nothing is said then.
func section() *Schema {
	return &Schema{Type: types{"object", "null"}, AdditionalProperties: false, Properties: map[string]*Schema{}}
}

const goDuration = `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$`

func configValue(k *config.Key) *Schema {
	switch k.Type {
	case config.Word:
		return &Schema{Type: types{"string"}, Enum: k.Words}
	case config.Duration:
		return &Schema{Type: types{"string"}, Pattern: goDuration, PatternErrorMessage: "expected a duration such as 30s or 10m"}
	case config.Size:
		return &Schema{Type: types{"string"}, Pattern: `^[0-9]+(KiB|MiB|GiB)$`, PatternErrorMessage: "expected a size such as 64MiB or 1GiB"}
	case config.Int:
		return &Schema{Type: types{"integer"}, Minimum: ptr(k.Min), Maximum: ptr(k.Max)}
	case config.Switch, config.Override:
		return &Schema{Type: types{"boolean"}}
	case config.Secret:
		return reference()
	case config.Texts:
		return &Schema{Type: types{"array"}, Items: &Schema{Type: scalar, Pattern: k.Pattern}}
	case config.List:
		items := configMap(k.Keys)
		items.Type = types{"object"}
		if i := slices.IndexFunc(k.Keys, func(short config.Key) bool { return short.Name == k.Short }); i >= 0 {
			items = &Schema{AnyOf: []*Schema{configValue(&k.Keys[i]), items}}
		}
		return &Schema{Type: types{"array"}, Items: items, MinItems: least(k)}
	case config.Rules:
		return rails()
	case config.Named:
		item := configMap(k.Keys)
		item.Type = types{"object"}
		return &Schema{Type: types{"object"}, AdditionalProperties: item}
	}
	return &Schema{Type: scalar, Pattern: k.Pattern}
}

func least(k *config.Key) int {
	if k.Required {
		return 1
	}
	return 0
}

// configDefault is a default as JSON has it.
func configDefault(k *config.Key) any {
	switch {
	case k.Default == "":
		return nil
	case k.Type == config.Int:
		n, _ := strconv.ParseInt(k.Default, 10, 64) // a test reads them all
		return n
	case k.Type == config.Switch:
		return k.Default == "true"
	case k.Type == config.Texts:
		return nil // its text is in the reference
	}
	return k.Default
}

// Configuration is the reference of the configuration, docs/configuration.md.
func Configuration() string {
	p := &page{}
	p.add(configIntroduction)
	p.configKeys(config.Keys(), "")
	p.add(configReload)
	return p.String()
}

const configIntroduction = `<!-- Written by go generate ./internal/schema from the table of internal/config. -->

# Configuration of the daemon

` + "`computesync run`" + ` reads one YAML file, ` + "`/etc/computesync/config.yaml`" + ` or what ` + "`--config`" + `
names. [examples/config.yaml](../examples/config.yaml) has every key; only ` + "`sources`" + ` must be
stated:

` + "```yaml" + `
sources:
  - url: https://github.com/acme/ml-fleet.git
    auth: {token: secret://credential/git-token}
` + "```" + `

The file is read strictly, as specs are: an unknown key, a value out of bounds or a secret
written out is refused, all at once, each with line, column and a way out.
` + "`computesync run --check`" + ` only checks, without asking any repository or Azure; editors do by ` + "`computesync schema config`" + `:

` + "```sh" + `
computesync schema config > config.json    # then, as the first line of the file:
# yaml-language-server: $schema=config.json
` + "```" + `

A secret is a [reference](spec.md#secrets) to an environment variable, a file or a systemd
credential. What this file refers to is kept from specs, whatever ` + "`secrets.allow`" + ` says.

With more than one source, each states the ` + "`workspaces`" + ` and ` + "`owners`" + ` that it may name:
` + "`computesync run --check`" + ` prints the lines to add, and [Security](security.md#what-a-source-may-name)
says what they do.

## Keys

A dot separates a key from the one that it stands under; ` + "`[]`" + ` is an item of a list, ` + "`{}`" + ` what
stands under a name of your choice. Durations are written as ` + "`30s`, `10m` or `1h30m`" + `.

`

const configReload = `
## A new configuration

The daemon watches the file, also one that an editor or Kubernetes replaces, and reads it
again when its content is another; nothing comes of a file that is only touched. SIGHUP
reads it in any case, and with it what stands in other files: send one after a
` + "`known_hosts`" + ` or the credential for Azure has changed. Secrets of sources are read each time
they are needed.

A good configuration is taken over whole. One with a mistake is not taken at all: the former
stays in force, and the log says what is wrong with file, line and column, once. A secret
that cannot be read is a mistake too; the daemon tries again every 30 seconds, since it may
come later than the file.

Taking over is quick but for operations that were begun: their steps end first, as when the
daemon stops. Then every source and workspace is looked at once, as after a start, with the
state, the last good commits and the request budget of before. ` + "`state_dir`" + ` and ` + "`state.key`" + ` cannot change
without a restart; ` + "`log`" + ` is read at start only.

A source that gets another url, branch or path is another source. Until that one answers, the
last good sets of the one before stay in effect: drift is corrected, and ` + "`computesync status`" + `
says which source is awaited. The same holds when a source is removed: its workspaces are left
as they are once all other sources have answered.
`

// configKeys writes the rows of a table of keys, and of the items of its lists.
func (p *page) configKeys(keys []config.Key, prefix string) {
	if prefix == "" {
		p.head("key", "type", "default", "meaning")
	}
	for i := range keys {
		k := &keys[i]
		def := code(k.Default)
		if k.Required {
			def = "required"
		}
		p.row(code(prefix+k.Name), configType(k), def, k.Doc)
		switch k.Type {
		case config.List:
			p.configKeys(k.Keys, prefix+k.Name+"[].")
		case config.Named:
			p.configKeys(k.Keys, prefix+k.Name+".{}.")
		}
	}
}

// configType is what a key takes, with its words or bounds.
func configType(k *config.Key) string {
	switch {
	case k.Type == config.Word:
		return codes(k.Words)
	case k.Type == config.Int:
		return strconv.FormatInt(k.Min, 10) + " to " + strconv.FormatInt(k.Max, 10)
	case k.Type == config.Size:
		return config.SizeText(k.Min) + " to " + config.SizeText(k.Max)
	case k.Type == config.Duration && k.Min > 0:
		return k.Type.String() + ", at least " + time.Duration(k.Min).String()
	case k.Short != "":
		return "list of text or maps; a text is the `" + k.Short + "`"
	case k.Type == config.Secret:
		return "[" + k.Type.String() + "](spec.md#secrets)"
	}
	return k.Type.String()
}
