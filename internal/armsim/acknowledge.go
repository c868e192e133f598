package armsim

import "net/http"

// Ack is an answer that looks like success and says nothing of what became of the request.
type Ack string

const (
	// AckEmpty has no body, and does not name an operation.
	AckEmpty Ack = "empty"
	// AckHTML is a web page of a gateway that never asked Resource Manager: it has none of its headers either.
	AckHTML Ack = "html"
)

const gatewayPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in first.</body></html>\n"

// answer is the acknowledgement under a status.
func (k Ack) answer(status int) answer {
	if k == AckHTML {
		return answer{
			status: status, gateway: true, body: []byte(gatewayPage),
			header: map[string]string{"Content-Type": "text/html; charset=utf-8"},
		}
	}
	return answer{status: status}
}

// acks are what WithAckRate chooses from.
var acks = []Fault{
	{Ack: AckEmpty, Status: http.StatusOK},
	{Ack: AckEmpty, Status: http.StatusAccepted},
	{Ack: AckEmpty, Status: http.StatusNoContent},
	{Ack: AckHTML, Status: http.StatusOK},
	{Ack: AckEmpty, Status: http.StatusOK, After: true},
	{Ack: AckHTML, Status: http.StatusOK, After: true},
}
