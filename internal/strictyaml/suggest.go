package strictyaml

import "strings"

// Suggest returns the known name that got was probably meant to be, or "" if
// none is near. Case does not count.
func Suggest(got string, known []string) string {
	const longest = 64
	if got == "" || len(got) > longest {
		return ""
	}
	folded := strings.ToLower(got)
	best, bestDistance := "", min(len(folded)/3, 3)+1
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if d := distance(folded, strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
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
