package arm

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestListFollowsLinksAsGiven(t *testing.T) {
	const skip = "api-version=2024-04-01&$skip=2&$skipToken=a%2fb+c%3D=="
	var asked []string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		if len(asked) == 1 {
			fmt.Fprintf(w, `{"value":[{"name":"a"},{"name":"b"}],"nextLink":"http://%s%s?%s"}`, r.Host, computes, skip)
			return
		}
		io.WriteString(w, `{"value":[{"name":"c"}],"nextLink":null}`)
	})
	var got []string
	pages, err := c.List(t.Context(), computes, func(items []map[string]any) error {
		for _, i := range items {
			got = append(got, fmt.Sprint(i["name"]))
		}
		return nil
	})
	if err != nil || pages != 2 || strings.Join(got, "") != "abc" {
		t.Errorf("%d pages, %v, error %v", pages, got, err)
	}
	if want := []string{"api-version=" + DefaultAPIVersion, skip}; asked[0] != want[0] || asked[1] != want[1] {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestOneBadPageFailsTheList(t *testing.T) {
	tests := []struct {
		name   string
		second func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		{"refused", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }, "403"},
		{"no value", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) }, "no value"},
		{"value is null", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":null}`) }, "no value"},
		{"value is an object", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":{}}`) }, "cannot unmarshal"},
		{"an item is null", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":[{},null]}`) }, "value[1]"},
		{"an item is a text", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":["c"]}`) }, "cannot unmarshal"},
		{"half a page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":[{"name":"c"}`) }, "unexpected end"},
		{"nothing", func(w http.ResponseWriter, r *http.Request) {}, "unexpected end"},
		{"a web page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `<html>sign in</html>`) }, "invalid character"},
		{"link to itself", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"value":[],"nextLink":"http://%s%s"}`, r.Host, r.URL.RequestURI())
		}, "does not end"},
		{"link to another host", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"value":[],"nextLink":"http://127.0.0.1:1/secret?s=sig"}`)
		}, "it names http://127.0.0.1:1"},
		{"relative link", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"value":[],"nextLink":"/next"}`)
		}, "no usable address"},
		{"link is a number", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"value":[],"nextLink":7}`)
		}, "cannot unmarshal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("page") != "2" {
					fmt.Fprintf(w, `{"value":[{"name":"a"}],"nextLink":"http://%s%s?page=2"}`, r.Host, r.URL.Path)
					return
				}
				tt.second(w, r)
			})
			_, err := c.List(t.Context(), computes, func([]map[string]any) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "sig") {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestListEndsWithTheCallersError(t *testing.T) {
	enough := errors.New("enough")
	calls := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		fmt.Fprintf(w, `{"value":[],"nextLink":"http://%s/%d"}`, r.Host, calls)
	})
	if _, err := c.List(t.Context(), computes, func([]map[string]any) error { return enough }); !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}
