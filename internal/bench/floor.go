package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many requests the floor has in flight: as many as we do.
const atOnce = 50

// floor does the least that the work needs, with net/http and nothing around
// it.
type floor struct {
	client *http.Client
	base   string // of a workspace
	slots  chan struct{}
}

func newFloor(s *simulator, workspace string) *floor {
	return &floor{
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}},
		base:   s.url + workspacePath(workspace),
		slots:  make(chan struct{}, atOnce),
	}
}

// list reads every page, one after the other.
func (f *floor) list(ctx context.Context) error {
	for link := f.base + "/computes?api-version=2025-12-01"; link != ""; {
		var page struct {
			NextLink string `json:"nextLink"`
		}
		if _, err := f.send(ctx, http.MethodGet, link, "", &page); err != nil {
			return err
		}
		link = page.NextLink
	}
	return nil
}

// put makes n clusters, as many at once as there is room for, and waits until
// each operation has ended; a wait of 0 leaves them running.
func (f *floor) put(ctx context.Context, n int, wait time.Duration) error {
	var all errgroup.Group
	if wait == 0 {
		all.SetLimit(atOnce) // many goroutines would make this process large: see child
	}
	for i := range n {
		all.Go(func() error { return f.putOne(ctx, i, wait) })
	}
	return all.Wait()
}

func (f *floor) putOne(ctx context.Context, i int, wait time.Duration) error {
	header, err := f.send(ctx, http.MethodPut, f.base+"/computes/"+computeName(i)+"?api-version=2025-12-01", body(i), nil)
	if err != nil {
		return err
	}
	for wait > 0 {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		var op struct {
			Status string `json:"status"`
		}
		if _, err := f.send(ctx, http.MethodGet, header.Get("Azure-AsyncOperation"), "", &op); err != nil {
			return err
		}
		if op.Status == "Succeeded" {
			return nil
		}
		wait = 100 * time.Millisecond
	}
	return nil
}

func (f *floor) send(ctx context.Context, method, link, body string, out any) (http.Header, error) {
	f.slots <- struct{}{}
	defer func() { <-f.slots }()
	req, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("floor: %s %s: %s\n%s", method, req.URL.Path, resp.Status, data)
	}
	if out == nil {
		return resp.Header, nil
	}
	return resp.Header, json.Unmarshal(data, out)
}

func timed(do func() error) (time.Duration, error) {
	start := time.Now()
	err := do()
	return time.Since(start), err
}
