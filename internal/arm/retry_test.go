package arm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfterForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := time.Now().Add(90 * time.Second).UTC()
		tests := []struct {
			header, value string
			want          time.Duration
		}{
			{"Retry-After", "120", 2 * time.Minute},
			{"Retry-After", in.Format(http.TimeFormat), 90 * time.Second},
			{"Retry-After", in.Format(time.RFC850), 90 * time.Second},
			{"Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
			{"Retry-After-Ms", "1500", 1500 * time.Millisecond},
			{"X-Ms-Retry-After-Ms", "250", 250 * time.Millisecond},
			{"Retry-After", "-1", 0},
			{"Retry-After", "0", 0},
			{"Retry-After", "99999999999999999", 0},
			{"Retry-After", "soon", 0},
		}
		for _, tt := range tests {
			if got := retryAfter(http.Header{tt.header: {tt.value}}); got != tt.want {
				t.Errorf("%s: %s is %s, want %s", tt.header, tt.value, got, tt.want)
			}
		}
	})
}

// TestRetryAfterADateOfAnotherClock waits as long as the service means, however
// far its clock is from ours.
func TestRetryAfterADateOfAnotherClock(t *testing.T) {
	for _, ahead := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		theirs := time.Now().Add(ahead).UTC()
		h := http.Header{"Date": {theirs.Format(http.TimeFormat)}, "Retry-After": {theirs.Add(90 * time.Second).Format(http.TimeFormat)}}
		if got := retryAfter(h); got != 90*time.Second {
			t.Errorf("by a clock %s ahead of ours: waits %s, want 1m30s", ahead, got)
		}
	}
}

// script answers with its steps in order, and repeats the last.
type script struct {
	steps []step
	calls int
}

type step struct {
	status int
	header http.Header
	err    error
	body   io.Reader
}

func (s *script) Do(req *http.Request) (*http.Response, error) {
	st := s.steps[min(s.calls, len(s.steps)-1)]
	s.calls++
	if st.err != nil {
		return nil, st.err
	}
	if st.header == nil {
		st.header = http.Header{}
	}
	resp := answer(req, st.status, st.header, `{"id":"x"}`)
	if st.body != nil {
		resp.Body = io.NopCloser(st.body)
	}
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestWhatIsRetried(t *testing.T) {
	read := func(ctx context.Context, c *Client) error { var v any; _, err := c.Get(ctx, computes, &v); return err }
	put := func(ctx context.Context, c *Client) error {
		_, err := c.Do(ctx, http.MethodPut, computes+"/a", nil, json.RawMessage(`{}`))
		return err
	}
	post := func(ctx context.Context, c *Client) error {
		_, err := c.PostRead(ctx, computes+"/a/listNodes", nil)
		return err
	}
	wait := func(v string) http.Header { return http.Header{"Retry-After": {v}} }
	tests := []struct {
		name    string
		do      func(context.Context, *Client) error
		steps   []step
		calls   int
		fails   bool
		atLeast time.Duration
		atMost  time.Duration
	}{
		{"read after 503", read, []step{{status: 503}, {status: 200}}, 2, false, 0, time.Second},
		{"read after two lost connections", read, []step{{err: io.EOF}, {err: io.EOF}, {status: 200}}, 3, false, 0, 3 * time.Second},
		{"read after a truncated body", read, []step{{status: 200, body: brokenReader{}}, {status: 200}}, 2, false, 0, time.Second},
		{"read that never works", read, []step{{status: 500}}, 4, true, 0, 5 * time.Second},
		{"read refused", read, []step{{status: 403}}, 1, true, 0, 0},
		{"read after 429 of two minutes", read, []step{{status: 429, header: wait("120")}, {status: 200}}, 2, false, 2 * time.Minute, 2*time.Minute + time.Second},
		{"reading POST after 502", post, []step{{status: 502}, {status: 200}}, 2, false, 0, time.Second},
		{"reading POST after a truncated body", post, []step{{status: 200, body: brokenReader{}}, {status: 200}}, 2, false, 0, time.Second},
		{"write after 429", put, []step{{status: 429, header: wait("90")}, {status: 201}}, 2, false, 90 * time.Second, 91 * time.Second},
		{"write after 429 without a time", put, []step{{status: 429}, {status: 201}}, 2, false, time.Second, 2 * time.Second},
		{"write always throttled", put, []step{{status: 429, header: wait("1")}}, 7, true, 6 * time.Second, 10 * time.Second},
		{"write told to come back tomorrow", put, []step{{status: 429, header: wait("86400")}}, 1, true, 0, 0},
		{"write after 503", put, []step{{status: 503, header: wait("1")}, {status: 201}}, 1, true, 0, 0},
		{"write after a lost connection", put, []step{{err: io.EOF}, {status: 201}}, 1, true, 0, 0},
		{"write after a truncated body", put, []step{{status: 201, body: brokenReader{}}, {status: 201}}, 1, true, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: tt.steps}
				begin := time.Now()
				err := tt.do(t.Context(), virtual(t, s))
				took := time.Since(begin)
				if (err != nil) != tt.fails || s.calls != tt.calls {
					t.Errorf("%d calls, error %v; want %d, failing %v", s.calls, err, tt.calls, tt.fails)
				}
				if took < tt.atLeast || took > tt.atMost {
					t.Errorf("took %s, want %s to %s", took, tt.atLeast, tt.atMost)
				}
			})
		})
	}
}

func TestContextEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s := &script{steps: []step{{status: 429, header: http.Header{"Retry-After": {"120"}}}}}
		begin := time.Now()
		_, err := virtual(t, s).Do(ctx, http.MethodPut, computes+"/a", nil, nil)
		if !errors.Is(err, context.DeadlineExceeded) || Ambiguous(err) || time.Since(begin) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

func TestAnswerThatArrivesAsTheContextEndsIsKept(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := virtual(t, transportFunc(func(req *http.Request) (*http.Response, error) {
		cancel()
		return answer(req, http.StatusCreated, http.Header{"Azure-Asyncoperation": {"https://management.azure.com/op/1"}}, `{}`), nil
	}))
	resp, err := c.Do(ctx, http.MethodPut, computes+"/a", nil, nil)
	if err != nil || resp.Operation == nil {
		t.Errorf("response %+v, error %v: an accepted write was lost", resp, err)
	}
}

func TestHangingWriteEndsAndIsAmbiguous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := virtual(t, transportFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		begin := time.Now()
		_, err := c.Do(t.Context(), http.MethodDelete, computes+"/a", nil, nil)
		if !Ambiguous(err) || time.Since(begin) != tryTimeout {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}
