package port_test

import (
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/cmd/escalation/internal/port/porttest"
)

func TestAwaitEndsWhenSomethingListens(t *testing.T) {
	addr := porttest.Vacant(t)
	done := make(chan error)
	go func() { done <- port.Await(t.Context(), "http://"+addr+"/webhook", "the CRM's webhook") }()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAwaitSaysWhatIsMissing(t *testing.T) {
	const addr = "127.0.0.1:1" // no port that anybody is given
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := port.Await(soon, "http://user:s3cret@"+addr, "the CRM's desk")
	if want := "nothing answers at " + addr + ", where the CRM's desk should be: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
	if err := port.Await(soon, "http://s3cret:%zz", "the CRM's desk"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}

func TestAwaitTellsTheReason(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	noRoute := &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}
	late := &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	for _, c := range []struct {
		why               string
		before, now, want error
	}{
		{"there is no other", nil, late, late},
		{"the last try had no time", refused, late, refused},
		{"the newer of two", refused, noRoute, noRoute},
		{"the first that is more than silence", late, refused, refused},
	} {
		if got := port.Telling(c.before, c.now); got != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}
