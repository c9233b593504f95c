package httptransport_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestRedirectsAreNotFollowed: no second host gets a request, be it an empty GET whose 200 looks
// like success or the text itself.
func TestRedirectsAreNotFollowed(t *testing.T) {
	second, seconds := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{second + "/login", "/elsewhere", "", "http://[not a url"} {
			for _, own := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d to %q own=%v", status, location, own), func(t *testing.T) {
					first, firsts := serve(t, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Location", location)
						w.WriteHeader(status)
					})
					cfg := httptransport.Config{BaseURL: first}
					if !own {
						cfg.Client = &http.Client{}
					}
					res := open(t, static(t, "bot-1", keyCanary), cfg).Send(t.Context(), message())
					wantClass(t, res, transport.RefusedScope)
					if res.Status != status || firsts.Load() != 1 {
						t.Errorf("status %d, %d requests; want %d and 1", res.Status, firsts.Load(), status)
					}
				})
			}
		}
	}
	if n := seconds.Load(); n != 0 {
		t.Errorf("the second host got %d requests", n)
	}
}

// TestCallersClientIsNotChanged: it is used elsewhere with redirects, cookies and all.
func TestCallersClientIsNotChanged(t *testing.T) {
	client := &http.Client{}
	open(t, static(t, "bot-1", keyCanary), httptransport.Config{Client: client})
	if client.CheckRedirect != nil || client.Transport != nil {
		t.Errorf("the caller's client was written to: %+v", client)
	}
}
