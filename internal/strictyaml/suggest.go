package strictyaml

import (
	"cmp"
	"slices"
	"strings"
)

// Suggest returns the known name that got was probably meant to be, or "" if
// none is near. Case does not count.
func Suggest(got string, known []string) string {
	if near := Nearest(got, known, 1, min(len(got)/3, 3)); len(near) > 0 {
		return near[0]
	}
	return ""
}

// Nearest returns up to most of the known names that no more than far typing
// errors part from got, the nearest first. Case does not count.
func Nearest(got string, known []string, most, far int) []string {
	const longest = 64
	if got == "" || len(got) > longest {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	folded := strings.ToLower(got)
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if d := distance(folded, strings.ToLower(k)); d <= far {
			near = append(near, candidate{k, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	names := make([]string, 0, most)
	for _, c := range near[:min(most, len(near))] {
		names = append(names, c.name)
	}
	return names
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	older := make([]int, len(t)+1)
	old := make([]int, len(t)+1)
	row := make([]int, len(t)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			same := 1
			if s[i-1] == t[j-1] {
				same = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+same)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(t)]
}
