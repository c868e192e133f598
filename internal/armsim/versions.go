package armsim

import "strings"

// versioned is a field of a compute instance that not every api-version has: what a version does not know, it does not
// set. Read from the ARM template schemas up to 2026-09-01.
type versioned struct {
	path    string // below properties.properties, through lists too
	stable  string // the first stable api-version that has it; "" = none
	preview string // the first preview that has it; "" = every one
}

var versionedFields = []versioned{
	{path: "enableRootAccess", preview: "2023-08-01-preview"},
	{path: "enableOSPatching", preview: "2023-08-01-preview"},
	{path: "releaseQuotaOnStop", preview: "2023-08-01-preview"},
	{path: "autologgerSettings", preview: "2022-10-01-preview"},
	{path: "enableSSO", stable: "2025-12-01", preview: "2023-08-01-preview"},
	{path: "idleTimeBeforeShutdown", stable: "2025-12-01"},
	{path: "customServices.kernel", stable: "2025-12-01"},
	{path: "customServices.image.version", stable: "2025-12-01"},
	{path: "dataMounts.mountMode", stable: "2025-12-01"},
}

// knownTo says whether an api-version has the field.
func (f versioned) knownTo(version string) bool {
	if isPreview(version) {
		return version >= f.preview
	}
	return f.stable != "" && version >= f.stable
}

// strip takes from an instance's properties what the api-version of the request does not have.
func (s *Server) strip(rq *request, in *object) {
	for _, f := range versionedFields {
		assumption := previewFields
		if f.stable != "" {
			assumption = newerFields
		}
		if !f.knownTo(rq.version) && s.assumes(assumption, "drop") {
			removeAt(in, strings.Split(f.path, "."))
		}
	}
}

// removeAt takes the end of a path away, in every item of the lists on it.
func removeAt(v any, path []string) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			removeAt(one, path)
		}
	case *object:
		if len(path) == 1 {
			v.remove(path[0])
			return
		}
		removeAt(v.get(path[0]), path[1:])
	}
}
