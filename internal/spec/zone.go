package spec

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/computesync/computesync/internal/strictyaml"
)

// zoneData has the time zones of Windows, by which the service knows zones, and
// the IANA zones that each stands for.
//
//go:embed windowszones.txt
var zoneData string

// zones find the names of Windows: by themselves, and by IANA names, both in
// lower case.
type zones struct {
	names         []string
	windows, iana map[string]string
}

// windowsZones is built on first use.
var windowsZones = sync.OnceValue(func() zones {
	z := zones{windows: map[string]string{}, iana: map[string]string{}}
	for line := range strings.Lines(zoneData) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, iana, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		z.names = append(z.names, name)
		z.windows[strings.ToLower(name)] = name
		for other := range strings.FieldsSeq(iana) {
			z.iana[strings.ToLower(other)] = name
		}
	}
	return z
})

// zoneForm is how the time zone of a trigger is written.
var zoneForm = &Form{
	normal: func(s string) (string, fault) {
		z, folded := windowsZones(), strings.ToLower(s)
		if name := z.windows[folded]; name != "" {
			return name, fault{}
		}
		if name := z.iana[folded]; name != "" {
			return "", fault{fmt.Sprintf("%q is an IANA name, and Azure takes those of Windows", clip(s)), "write " + name}
		}
		hint := "write a name as in Windows, such as W. Europe Standard Time, or UTC"
		if near := strictyaml.Suggest(s, z.names); near != "" {
			hint = "did you mean " + near + "?"
		}
		return "", fault{fmt.Sprintf("Windows has no time zone %q", clip(s)), hint}
	},
	Offer: func() []string { return windowsZones().names },
}
