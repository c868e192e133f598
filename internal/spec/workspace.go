package spec

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/strictyaml"
	"github.com/computesync/computesync/internal/window"
)

// WorkspaceID names an Azure Machine Learning workspace.
type WorkspaceID struct {
	Subscription  string `json:"subscription_id"`
	ResourceGroup string `json:"resource_group"`
	Name          string `json:"workspace_name"`
}

// String is subscription/group/name as stated.
func (id WorkspaceID) String() string {
	return id.Subscription + "/" + id.ResourceGroup + "/" + id.Name
}

// Key is the folded form: two IDs of one workspace have one key.
func (id WorkspaceID) Key() string { return strings.ToLower(id.String()) }

// Complete reports whether the ID names a workspace.
func (id WorkspaceID) Complete() bool {
	return id.Subscription != "" && id.ResourceGroup != "" && id.Name != ""
}

// ResourcePath is the workspace's path in ARM.
func (id WorkspaceID) ResourcePath() string {
	return "/subscriptions/" + id.Subscription + "/resourceGroups/" + id.ResourceGroup +
		"/providers/Microsoft.MachineLearningServices/workspaces/" + id.Name
}

// Workspace is a folder with a workspace.yaml, and the computes it declares.
// Its JSON is how the journal keeps a good one.
type Workspace struct {
	ID       WorkspaceID `json:"id"`
	Dir      string      `json:"dir"`      // the folder, for people
	File     string      `json:"file"`     // its workspace.yaml
	Location string      `json:"location"` // region of the workspace
	Settings Settings    `json:"settings"`
	Computes []*Compute  `json:"computes"` // by name
	Sum      string      `json:"sum"`      // of the folder, see Summed
	// Skipped are the folded names in documents that are skipped or ignored, and in no other. The
	// text says where, why and what to do.
	Skipped map[string]string `json:"skipped,omitempty"`

	unsure    bool              // what it comes to depends on more than its files
	Errors    strictyaml.Errors `json:"-"` // any one makes the whole workspace invalid
	Ungranted bool              `json:"-"` // it is outside of the source's Grant, which is one of Errors
	Notices   []Notice          `json:"-"`
	Guard     Guard             `json:"-"` // nil: there are no guard rails
}

// Settings are what workspace.yaml says beside its ID.
type Settings struct {
	Owner        string   `json:"owner"`
	Prune        bool     `json:"prune,omitempty"`
	AllowEmpty   bool     `json:"allow_empty,omitempty"`
	MaxDeletions Limit    `json:"max_deletions"`
	Protect      []string `json:"protect,omitempty"`       // globs over names
	BusyDeadline Span     `json:"busy_deadline,omitempty"` // how long a change may wait for jobs before that is told of; 0: for ever

	Suspend  *Suspension     `json:"suspend,omitempty"` // of the whole workspace
	Windows  window.Set      `json:"windows,omitempty"`
	Approval *Approval       `json:"approval,omitempty"`
	Policy   json.RawMessage `json:"policy,omitempty"` // its own guard rails, as Guards read them

	Ignore         []string `json:"-"` // globs of paths below the folder that are not read
	IgnoreWarnings []string `json:"-"` // codes of notices that nobody wants to read
}

// Span is a length of time that is written as people do: 4h, 1h30m.
type Span time.Duration

func (s Span) String() string {
	text := strings.TrimSuffix(time.Duration(s).String(), "m0s")
	if text != time.Duration(s).String() {
		text += "m"
	}
	return strings.Replace(text, "h0m", "h", 1)
}

// MarshalText writes it as String does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what time.ParseDuration does.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}

// DefaultOwner and DefaultMaxDeletions hold where workspace.yaml is silent.
const (
	DefaultOwner        = "computesync"
	DefaultMaxDeletions = 3
)

// Protects reports whether a compute of that name is never to be replaced,
// detached or deleted.
func (s *Settings) Protects(name string) bool {
	return slices.ContainsFunc(s.Protect, func(glob string) bool { return matches(glob, name) })
}
