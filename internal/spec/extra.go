package spec

import "slices"

// Extra are the items of a list that Azure has beside all the wanted ones; nil where
// one of those is missing, where none is wanted, and for a field that is no list.
func (f *Field) Extra(want, have any) []any {
	w, _ := want.([]any)
	h, _ := have.([]any)
	if f.Type != Objects || len(w) == 0 || len(h) <= len(w) {
		return nil
	}
	rest := slices.Clone(h)
	for _, item := range w {
		i := slices.IndexFunc(rest, func(other any) bool { return f.equalObjects([]any{item}, []any{other}) })
		if i < 0 {
			return nil
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return rest
}
