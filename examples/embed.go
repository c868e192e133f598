// Package examples holds the example specs, for computesync demo to work from
// the binary alone.
package examples

import "embed"

// Fleet is the folder fleet: specs of two workspaces.
//
//go:embed fleet
var Fleet embed.FS
