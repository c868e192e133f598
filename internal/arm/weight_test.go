package arm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// Whatever a document is made of, it takes no more memory than its weight.
func TestWeightIsNoLessThanMemory(t *testing.T) {
	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, `"%05d":%d,`, i, i)
	}
	for _, item := range []string{`{}`, `{"":1}`, `[]`, `[1]`, `[[1],[{}]]`, `1`, `""`, `"ab"`, `"\"{[,"`, `null`, `{"a":{"b":[{"c":"d"}]}}`, `{` + keys.String() + `"":1}`} {
		n := max(1, 100_000*5/len(item))
		body := []byte("[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var decoded any
		if err := json.Unmarshal(body, &decoded); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(decoded)
		// Some of the heap is not the document's.
		if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > weight(body)+64<<10 {
			t.Errorf("%.20s, %d times: takes %d bytes, weighs %d", item, n, took, weight(body))
		}
	}
}

func TestTooLargeAnAnswerIsAskedForOnce(t *testing.T) {
	for name, body := range map[string]string{
		"bytes":  `{"value":[{"name":"` + strings.Repeat("x", maxBody) + `"}]}`,
		"weight": `{"value":[` + strings.Repeat("{},", maxWeight/weightObject) + `{}]}`,
		"error":  `{"error":{"details":[` + strings.Repeat("{},", maxWeight/weightObject) + `{}]}}`,
	} {
		asked := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			if name == "error" {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = io.WriteString(w, body)
		})
		_, err := c.List(t.Context(), computes, func([]map[string]any) error { return nil })
		e, ok := errors.AsType[*MalformedError](err)
		if !ok || !strings.Contains(err.Error(), "too large: more than") || !strings.Contains(e.Hint(), "fixed") {
			t.Errorf("%s: got %v", name, err)
		}
		if asked != 1 {
			t.Errorf("%s: asked %d times", name, asked)
		}
	}
}

func TestListIsBoundedAsAWhole(t *testing.T) {
	asked := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = fmt.Fprintf(w, `{"value":[%s{}],"nextLink":"http://%s/%d"}`, strings.Repeat("{},", 100_000), r.Host, asked)
	})
	pages, err := c.List(t.Context(), computes, func([]map[string]any) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "too large: more than 256 MiB") || pages > 10 {
		t.Errorf("%d pages, error %v", pages, err)
	}
}

// A page of ten thousand computes, each as Azure describes one, is no problem.
func TestListOfTenThousand(t *testing.T) {
	const cluster = `{"id":"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/ml-test/computes/cpu-00000x",
		"name":"cpu-00000x","type":"Microsoft.MachineLearningServices/workspaces/computes","location":"westeurope","tags":{"a":"b","team":"c"},"properties":{
		"createdOn":"2026-11-26T22:28:05.69+00:00","modifiedOn":"2026-11-26T22:28:05.69+00:00","disableLocalAuth":false,"description":null,"resourceId":null,
		"computeType":"AmlCompute","provisioningState":"Succeeded","provisioningErrors":null,"provisioningWarnings":{},"isAttachedCompute":false,"properties":{
		"vmSize":"STANDARD_DS3_V2","vmPriority":"Dedicated","scaleSettings":{"maxNodeCount":4,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":"PT2M"},"subnet":null,
		"currentNodeCount":0,"targetNodeCount":0,"nodeStateCounts":{"preparingNodeCount":0,"runningNodeCount":0,"idleNodeCount":0,"unusableNodeCount":0},
		"allocationState":"Steady","errors":null,"remoteLoginPortPublicAccess":"Enabled","osType":"Linux","isolatedNetwork":false,"enableNodePublicIp":true,"propertyBag":{}}}}`
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"value":[`+strings.Repeat(cluster+",", 9999)+cluster+`]}`)
	})
	n := 0
	if _, err := c.List(t.Context(), computes, func(items []map[string]any) error { n += len(items); return nil }); err != nil || n != 10_000 {
		t.Errorf("%d computes, error %v", n, err)
	}
}
