package armsim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestManyAtOnce has writers, readers, pollers and the back door at the server together, over real connections; the race
// detector and the end state judge.
func TestManyAtOnce(t *testing.T) {
	s := New(WithOperationTime(time.Millisecond), WithPageSize(7), WithLimits(Limits{Limit{1e6, 1}, Limit{1e6, 1}, Limit{1e6, 1}}))
	server := httptest.NewServer(s)
	defer server.Close()
	client := server.Client()
	do := func(method, path, body string) (status int, operation string) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		res, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		res.Body.Close()
		return res.StatusCode, strings.TrimPrefix(res.Header.Get("Azure-AsyncOperation"), server.URL)
	}
	const workers, each = 8, 10
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				path := fmt.Sprintf("%s/w%dc%dx?api-version=%s", computes, w, i, version)
				if status, operation := do("PUT", path, cluster("Standard_DS3_v2", 0, 8)); status != 201 {
					t.Errorf("PUT: got %d", status)
				} else if status, _ := do("GET", operation, ""); status != 200 {
					t.Errorf("poll: got %d", status)
				}
				do("GET", computes+"?api-version="+version, "")
				if i%2 == 0 { // 202, or 409 while it is still being made
					do("DELETE", path+"&underlyingResourceAction=Delete", "")
				}
				s.Snapshot()
				_ = s.SetNodes(Ref{sub, "ml-test", "ws1", fmt.Sprintf("w%dc%dx", w, i)}, Nodes{Running: 1})
				_ = s.AddFault(Fault{Match: Match{Name: "nobody"}, Times: 1})
				s.Counters()
			}
		})
	}
	wg.Wait()
	kinds := s.Counters().Kinds
	if kinds["put"] != workers*each || kinds["status"] != workers*each || kinds["list"] != workers*each {
		t.Errorf("got counts %v", kinds)
	}
}

func TestTenThousandComputes(t *testing.T) {
	s := newSim(t)
	const n = 10000
	each := func(n int, method, query, body string, want int) {
		for i := range n {
			r := httptest.NewRequest(method, fmt.Sprintf("%s/c%dx?api-version=%s%s", computes, i, version, query), strings.NewReader(body))
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); w.Code != want {
				t.Fatalf("%s %d: got %d", method, i, w.Code)
			}
		}
	}
	each(n, "PUT", "", cluster("Standard_DS3_v2", 0, 8), 201)
	list, _ := s.want(s.do("GET", "", ""), 200).body.get("value").([]any)
	if len(list) != n {
		t.Errorf("got %d computes", len(list))
	}
	each(n/10, "DELETE", "&underlyingResourceAction=Delete", "", 202)
	s.want(s.do("GET", "/c0x", ""), 404)
	if got := len(s.Snapshot().Workspaces[0].Computes); got != n-n/10 {
		t.Errorf("%d computes are left", got)
	}
}

func BenchmarkList1000(b *testing.B) {
	s := New()
	for i := range 1000 {
		if err := s.Patch(Ref{sub, "ml-test", "ws1", fmt.Sprintf("c%dx", i)},
			[]byte(`{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2"}}}`)); err != nil {
			b.Fatal(err)
		}
	}
	r := httptest.NewRequest("GET", computes+"?api-version="+version, nil)
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		b.SetBytes(int64(w.Body.Len()))
	}
}

func BenchmarkPutAndPoll(b *testing.B) {
	s := New()
	body := cluster("Standard_DS3_v2", 0, 8)
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("PUT", computes+"/gpu?api-version="+version, strings.NewReader(body)))
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", w.Header().Get("Azure-AsyncOperation"), nil))
	}
}
