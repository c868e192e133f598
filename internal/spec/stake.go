package spec

// Stake is what is at stake where a spec leaves a field open and somebody
// changes it in Azure.
type Stake uint8

// The stakes; the zero value is none.
const (
	Money  Stake = iota + 1 // what the compute costs
	Access                  // who reaches the compute, and what it reaches
)

var stakeNames = [...]string{"", "money", "access"}

func (s Stake) String() string { return stakeNames[s] }

// Otherwise is what a creation makes of the field where the spec leaves it open:
// what CLI v2 sends, what Azure fills in, or nothing. nil: nobody knows.
func (f *Field) Otherwise() any {
	for _, v := range []any{f.Default, f.Filled} {
		if v != nil {
			return v
		}
	}
	return f.Absent
}

// Otherwise is what a creation makes of a field that the compute leaves open,
// given its other fields.
func (c *Compute) Otherwise(f *Field) any {
	if c.Kind == amlcompute && f.Name == "ssh_public_access_enabled" { // Azure opens it outside of a virtual network
		return c.Text("network_settings.subnet") == ""
	}
	return f.Otherwise()
}
