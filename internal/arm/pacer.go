package arm

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

type pacer struct{}

func newPacer(int) *pacer { return &pacer{} }

func (p *pacer) Do(req *policy.Request) (*http.Response, error) { return req.Next() }
