package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// Notice is something that people should know about a declared compute and
// that no change of the plan mends. It holds nothing and is no part of the hash.
type Notice struct {
	Name string     `json:"name"` // of the compute
	Code NoticeCode `json:"code"`
	Text string     `json:"text"`
}

// NoticeCode says what a notice is about; the set is stable.
type NoticeCode string

// The codes of notices.
const (
	Degraded NoticeCode = "degraded"
	NotShown NoticeCode = "not-shown"
)

// NoticeKind is what there is to know about a code of notices.
type NoticeKind struct {
	Code   NoticeCode
	Means  string
	Remedy string // what a person can do
}

// NoticeKinds is the table of the codes; docs/planning.md has a row for each.
var NoticeKinds = []NoticeKind{
	{Degraded, "it is provisioned, and Azure reports errors of it", "read the errors; a quota or a lack of capacity is the usual cause"},
	{
		NotShown, "Azure does not show something that the file states, so whether it is applied is not known",
		"look at the compute in Azure; remove from the file what does not apply",
	},
}

// Kind is the code's row in NoticeKinds.
func (c NoticeCode) Kind() NoticeKind {
	i := slices.IndexFunc(NoticeKinds, func(k NoticeKind) bool { return k.Code == c })
	if i < 0 {
		return NoticeKind{Code: c}
	}
	return NoticeKinds[i]
}

// notice adds a notice about a declared compute.
func (b *builder) notice(name string, code NoticeCode, text string) {
	b.out.Notices = append(b.out.Notices, Notice{name, code, text})
}

// sortNotices orders notices by name and code.
func sortNotices(list []Notice) {
	slices.SortStableFunc(list, func(x, y Notice) int {
		return cmp.Or(strings.Compare(spec.FoldName(x.Name), spec.FoldName(y.Name)), strings.Compare(string(x.Code), string(y.Code)))
	})
}

// noticeDegraded notices what goes wrong with a compute that did not fail: it
// exists as it was asked for, and gets no nodes, or its last operation failed.
func (b *builder) noticeDegraded(a *spec.Compute) {
	if !healthy(a) {
		return
	}
	reasons := make([]string, len(a.Live.Errors), len(a.Live.Errors)+2)
	for i, text := range a.Live.Errors {
		reasons[i] = strings.TrimSuffix(text, ".")
	}
	if n := a.Live.Nodes.Unusable; n > 0 {
		reasons = append(reasons, fmt.Sprintf("unusable nodes: %d", n))
	}
	if len(reasons) == 0 {
		return
	}
	if least, ok := a.Int("min_instances"); ok && int64(a.Live.Nodes.Allocated()) < least {
		reasons = append(reasons, fmt.Sprintf("it has %d of at least %d nodes", a.Live.Nodes.Allocated(), least))
	}
	b.notice(a.Name, Degraded, strings.Join(reasons, "; "))
}

// noticeNotShown notices what the file states and Azure does not show.
func (b *builder) noticeNotShown(d, a *spec.Compute) {
	if text := HiddenText(d, a); text != "" {
		b.notice(a.Name, NotShown, text)
	}
}

// HiddenText says what of a desired compute an answer of Azure's does not show; ""
// where nothing is missing that could be shown.
func HiddenText(d, a *spec.Compute) string {
	if a.Kind != d.Kind {
		return ""
	}
	names := spec.NotShown(d, a)
	if len(names) == 0 {
		return ""
	}
	return "Azure does not show " + strings.Join(names, ", ") + ": whether it is applied is not known"
}
