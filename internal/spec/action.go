package spec

import "time"

// An Action is a POST on a compute that changes fields of it in place.
type Action struct {
	Name string // last segment of its path
	At   string // where in the compute's ARM document its body is: an object, or a list
	Key  string // of the one value that the body has, where the compute's document has another name for it
	Else Change // what a change of its fields costs where no api-version has the action

	// Known is an api-version that has the action: by its description, or because a
	// public client sends it. Preview says that no stable version is known to.
	Known   string
	Preview bool
	// Configured limits the action to the configured api-version.
	Configured bool
	// Restarts says that what runs on the compute ends.
	Restarts bool
}

// armInner is the ARM path of what a kind has of its own.
const armInner = "properties.properties"

// The actions. updateIdleShutdownSetting is documented with 2021-07-01 and only
// described in previews; customServices and resize are described in previews
// alone; updateSchedules was in the description of 2022-10-01 (azure-rest-api-specs
// 4ee7cf7c); enableSso is what `az ml compute enable-sso` sends.
var (
	updateIdle      = &Action{Name: "updateIdleShutdownSetting", At: armInner, Known: "2021-07-01"}
	customServices  = &Action{Name: "customServices", At: armInner + ".customServices", Known: "2023-08-01-preview", Preview: true}
	updateSchedules = &Action{Name: "updateSchedules", At: armInner + ".schedules", Known: "2022-10-01"}
	enableSSO       = &Action{Name: "enableSso", At: armInner, Known: "2024-04-01-preview", Preview: true}
	resize          = &Action{
		Name: "resize", At: armInner, Key: "targetVMSize", Known: "2023-08-01-preview", Preview: true,
		Configured: true, Restarts: true, Else: ByReplace,
	}
)

// Versions are the api-versions with which to send the action, the best first:
// base, the configured one, and the known one.
func (a *Action) Versions(base string) []string {
	has := !a.Preview || IsPreview(base) && base >= a.Known
	switch {
	case a.Configured && has, base == a.Known:
		return []string{base}
	case a.Configured:
		return nil
	case has:
		return []string{base, a.Known}
	}
	return []string{a.Known, base}
}

// UnroutedFor is how long an action that Azure did not take is left alone.
const UnroutedFor = 24 * time.Hour

// Unrouted remembers that Azure did not take an action with an api-version.
type Unrouted struct {
	Action  string    `json:"action"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"` // Azure's answer
	// Name, Want and State limit it to one compute, what was wanted of it and what it
	// did: Azure may have refused these, and not the action. Want is as Field.Show
	// prints it, State that of Live.
	Name  string `json:"name,omitempty"`
	Want  string `json:"want,omitempty"`
	State string `json:"state,omitempty"`
}

// Stops reports whether it is a reason not to send the action again.
func (u *Unrouted) Stops(a *Action, version string, c *Compute, want string, now time.Time) bool {
	age := now.Sub(u.At)
	return u.Action == a.Name && u.Version == version && age < UnroutedFor && age > -UnroutedFor &&
		(u.Name == "" || FoldName(u.Name) == c.Key() && u.Want == want && u.State == c.Live.State)
}
