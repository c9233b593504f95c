package port_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
)

func TestAwaitEndsWhenSomethingListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- port.Await(t.Context(), "http://"+addr+"/webhook", "the CRM's webhook") }()
	if l, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAwaitSaysWhatIsMissing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err = port.Await(soon, "http://user:s3cret@"+addr, "the CRM's desk")
	if want := "nothing answers at " + addr + ", where the CRM's desk should be: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
	if err := port.Await(soon, "http://s3cret:%zz", "the CRM's desk"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}
