package httptransport

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestCloseLeavesNoConnection: the server sees the end of a kept connection, which here no idle time would end.
func TestCloseLeavesNoConnection(t *testing.T) {
	states := make(chan http.ConnState, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) { states <- state }
	server.Start()
	defer server.Close()
	creds, err := Static("bot-1", "k")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(creds, &Config{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	tr.ownPool.IdleConnTimeout = 0
	reach := func(want http.ConnState) {
		t.Helper()
		for {
			select {
			case state := <-states:
				if state == want {
					return
				}
			case <-time.After(30 * time.Second): // a broken Close runs into it, a working one never
				t.Fatalf("the connection is not %v", want)
			}
		}
	}
	if res := post(t.Context(), tr); res.Err != nil {
		t.Fatal(res.Err)
	}
	reach(http.StateIdle)
	_ = tr.Close()
	reach(http.StateClosed)
}
