package spec

// Extra are the items of a list that Azure has beside all the wanted ones; nil where
// one of those is missing, where none is wanted, and for a field that is no list.
func (f *Field) Extra(want, have any) []any {
	w, _ := want.([]any)
	h, _ := have.([]any)
	if f.Type != Objects || len(w) == 0 || len(h) <= len(w) {
		return nil
	}
	var rest []any
	for j, i := range f.match(w, h) {
		if i == none {
			rest = append(rest, h[j])
		}
	}
	if len(rest) > len(h)-len(w) {
		return nil
	}
	return rest
}
