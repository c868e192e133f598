package armsim

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed sizes.txt
var sizesFile string

//go:embed quotas.txt
var quotasFile string

// catalog is what the embedded files say.
type catalog struct {
	sizes  []size
	byName map[string]*size
	limits []limit
}

// limit is a recorded limit of a quota.
type limit struct {
	name  string
	vCPUs int // or clusters
}

var loaded = sync.OnceValue(func() *catalog {
	c := &catalog{byName: map[string]*size{}}
	for _, line := range rows(sizesFile) {
		c.sizes = append(c.sizes, must(parseSeries(line))...)
	}
	slices.SortFunc(c.sizes, func(a, b size) int { // as the service does, without regard to case
		return strings.Compare(strings.ToUpper(a.name), strings.ToUpper(b.name))
	})
	for i := range c.sizes {
		c.byName[fold(c.sizes[i].name)] = &c.sizes[i]
	}
	for _, line := range rows(quotasFile) {
		vCPUs, name, _ := strings.Cut(line, " ")
		c.limits = append(c.limits, limit{name, must(strconv.Atoi(vCPUs))})
	}
	return c
})

// limitOf is the recorded limit of a quota, 0 if none was recorded.
func (c *catalog) limitOf(name string) int {
	for _, l := range c.limits {
		if strings.EqualFold(l.name, name) {
			return l.vCPUs
		}
	}
	return 0
}

func sizes() []size { return loaded().sizes }

// sizeNamed is the VM size of a name in any case, nil if there is none.
func sizeNamed(name string) *size { return loaded().byName[fold(name)] }

// rows are the lines of a file but for comments and empty ones.
func rows(file string) []string {
	return slices.DeleteFunc(strings.Split(file, "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#")
	})
}

// must is for files that are part of the program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// parseSeries reads a line of sizes.txt, which says what it has.
func parseSeries(line string) ([]size, error) {
	column := append(strings.Split(line, " | "), "")
	if len(column) < 7 {
		return nil, fmt.Errorf("read series %q: too few columns", line)
	}
	flags := strings.Fields(column[6])
	like := size{
		family: column[0], kinds: column[4], gen2: slices.Contains(flags, "gen2"), ib: slices.Contains(flags, "ib"),
		dedicated: slices.Contains(flags, "dedicated"), twice: slices.Contains(flags, "twice"),
	}
	perCPU, err := parseNumbers(column[2], strings.Replace(column[3], "-", "0", 1))
	if err != nil {
		return nil, fmt.Errorf("read series %q: %w", line, err)
	}
	var list []size
	for _, text := range strings.Fields(column[5]) {
		z := like
		number, err := z.parse(text, perCPU[0], perCPU[1])
		if err != nil {
			return nil, fmt.Errorf("read series %q: %w", line, err)
		}
		z.name = "Standard_" + strings.Replace(column[1], "{}", number, 1)
		list = append(list, z)
	}
	return list, nil
}

// parse reads NUMBER[:VCPUS][=GIB][/GPUS][@USD]; what is left out follows from the number of vCPUs.
func (z *size) parse(text string, gib, usd float64) (number string, err error) {
	text, price, priced := strings.Cut(text, "@")
	text, gpus, _ := strings.Cut(text, "/")
	text, memory, given := strings.Cut(text, "=")
	number, vCPUs, other := strings.Cut(text, ":")
	if !other {
		vCPUs = number
	}
	n, err := parseNumbers(vCPUs, "0"+memory, "0"+gpus, "0"+price)
	if err != nil {
		return "", err
	}
	z.vCPUs, z.memoryGB, z.gpus, z.usd = int(n[0]), n[0]*gib, int(n[2]), n[0]*usd
	if given {
		z.memoryGB = n[1]
	}
	if priced {
		z.usd = n[3]
	}
	return number, nil
}

func parseNumbers(texts ...string) ([]float64, error) {
	list := make([]float64, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, err
		}
	}
	return list, nil
}
