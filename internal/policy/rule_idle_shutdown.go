package policy

import (
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

var idleShutdown = &Rule{
	Code: "idle-shutdown", Key: "idle_shutdown", Default: spec.Fails, Example: "60",
	Doc:  "Compute instances stop themselves when they idle.",
	Hint: "state idle_time_before_shutdown_minutes",
	Keys: []Key{{Name: "minutes", Type: Number, Min: 15, Doc: "Minutes of idling after which they must have stopped; any where nothing is said."}},
	check: func(s *Setting, x *Subject) []Breach {
		const field = "idle_time_before_shutdown_minutes"
		if !x.has(field) {
			return nil
		}
		seconds, _ := x.value(field).(int64)
		most := s.Numbers["minutes"]
		switch minutes := float64(seconds) / 60; {
		case minutes == 0:
			return []Breach{{Amount: 1e9, Field: field, Text: "does not stop when it idles"}}
		case most > 0 && minutes > most:
			return []Breach{{Amount: minutes, Field: field, Text: fmt.Sprintf("stops after %.0f minutes of idling, later than the %.0f allowed", minutes, most)}}
		}
		return nil
	},
}
