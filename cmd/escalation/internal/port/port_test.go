package port_test

import (
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
)

func TestTakenPort(t *testing.T) {
	first, err := port.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	addr := first.Addr().String()
	second, err := port.Listen(addr)
	if err == nil {
		second.Close()
		t.Fatal("a port that is taken was taken once more")
	}
	if want := "cannot listen on " + addr + ": address already in use; --addr 127.0.0.1:0 takes a free port"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
