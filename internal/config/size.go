package config

import (
	"strconv"
	"strings"
)

// sizeUnits are the units of a Size, the largest first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func parseSize(text string) (bytes int64, ok bool) {
	for _, unit := range sizeUnits {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32) // no overflow with any unit
		return int64(n) * unit.bytes, err == nil
	}
	return 0, false
}

// SizeText writes a size as the file would.
func SizeText(bytes int64) string {
	for _, unit := range sizeUnits {
		if bytes%unit.bytes == 0 {
			return strconv.FormatInt(bytes/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(bytes, 10) + " bytes"
}
