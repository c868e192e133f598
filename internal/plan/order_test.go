package plan

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestOrder sorts random graphs without circles: every need comes first, and
// where nothing forces another the given order stays.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "steps")
		rank := rapid.Permutation(indices(n)).Draw(t, "rank") // needs lead to a lower rank
		steps := make([]Step, n)
		for i := range steps {
			steps[i] = Step{ID: fmt.Sprint("s", i), Needs: []string{}}
			for j := range steps {
				if rank[j] < rank[i] && rapid.IntRange(0, 5).Draw(t, "edge") == 0 {
					steps[i].Needs = append(steps[i].Needs, fmt.Sprint("s", j))
				}
			}
		}
		got, err := Order(steps)
		if err != nil || len(got) != n {
			t.Fatalf("%d of %d steps: %v", len(got), n, err)
		}
		done := map[string]bool{}
		for _, s := range got {
			for _, need := range s.Needs {
				if !done[need] {
					t.Fatalf("%s comes before %s", s.ID, need)
				}
			}
			done[s.ID] = true
		}
		again, err := Order(got)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Fatalf("what is in order is put in another: %v", err)
		}
	})
}

// TestOrderNamesCircles closes one circle in a random graph and reads its way.
func TestOrderNamesCircles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "steps")
		steps := make([]Step, n)
		for i := range steps {
			steps[i].ID = fmt.Sprint("s", i)
			for j := range i {
				if rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
					steps[i].Needs = append(steps[i].Needs, steps[j].ID)
				}
			}
		}
		size := rapid.IntRange(1, n).Draw(t, "circle")
		for i := range size {
			steps[i].Needs = append(steps[i].Needs, fmt.Sprint("s", (i+size-1)%size))
		}
		_, err := Order(steps)
		if err == nil {
			t.Fatal("a circle was put in order")
		}
		_, text, ok := strings.Cut(err.Error(), "circle: ")
		way := strings.Split(text, " needs ")
		if !ok || len(way) < 2 || way[0] != way[len(way)-1] {
			t.Fatalf("no circle in %q", err)
		}
		for i := range way[1:] {
			if !needs(steps, way[i], way[i+1]) {
				t.Fatalf("%s does not need %s in %q", way[i], way[i+1], err)
			}
		}
	})
}

func TestOrderMissesNothing(t *testing.T) {
	_, err := Order([]Step{{ID: "a", Needs: []string{"b"}}})
	if err == nil || err.Error() != "step a needs b, which is not in the plan" {
		t.Errorf("got %v", err)
	}
}

func needs(steps []Step, id, need string) bool {
	for _, s := range steps {
		for _, n := range s.Needs {
			if s.ID == id && n == need {
				return true
			}
		}
	}
	return false
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
