package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// maxPages and maxListWeight bound a list against a service that never comes to an end.
const (
	maxPages      = 10_000
	maxListWeight = 256 << 20
)

// List reads a collection page by page and gives page the items of each, in order, decoded as encoding/json does.
// The links between pages are followed as given. It returns how many pages were read. One page that fails, is cut short or
// malformed, or a link that repeats or leads to another host, fails the whole list: a nil error means that it was complete.
func (c *Client) List(ctx context.Context, path string, page func(items []map[string]any) error) (pages int, err error) {
	link, err := c.endpoint.url(path, url.Values{"api-version": {c.apiVersion}})
	if err != nil {
		return 0, err
	}
	seen := map[string]bool{link: true}
	left := int64(maxListWeight)
	for {
		items, next, size, err := c.page(ctx, path, link)
		if left -= size; err == nil && left < 0 {
			err = &MalformedError{Method: http.MethodGet, Path: path, Err: tooLarge(maxListWeight)}
		}
		if err != nil {
			return pages, fmt.Errorf("list page %d: %w", pages+1, err)
		}
		pages++
		if err := page(items); err != nil {
			return pages, err
		}
		if next == "" {
			return pages, nil
		}
		if err := c.endpoint.check("next page", next); err != nil {
			return pages, err
		}
		if seen[next] || pages == maxPages {
			return pages, &MalformedError{Method: http.MethodGet, Path: path, Err: errors.New("the list of pages does not end")}
		}
		seen[next], link = true, next
	}
}

// page reads one page. size is its weight.
func (c *Client) page(
	ctx context.Context, path, link string,
) (items []map[string]any, next string, size int64, err error) {
	resp, err := c.send(ctx, http.MethodGet, link, nil, true)
	if err != nil {
		return nil, "", 0, err
	}
	var doc struct {
		Value    []map[string]any `json:"value"`
		NextLink string           `json:"nextLink"`
	}
	err = json.Unmarshal(resp.Body, &doc)
	if err == nil && doc.Value == nil {
		err = errors.New("no value in it")
	}
	if err == nil {
		err = onlyObjects(doc.Value)
	}
	if err != nil {
		return nil, "", 0, &MalformedError{Method: http.MethodGet, Path: path, CorrelationID: resp.CorrelationID, Err: err}
	}
	return doc.Value, doc.NextLink, weight(resp.Body), nil
}

func onlyObjects(items []map[string]any) error {
	for i, item := range items {
		if item == nil {
			return fmt.Errorf("value[%d] is not an object", i)
		}
	}
	return nil
}
