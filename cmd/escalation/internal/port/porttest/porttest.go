// Package porttest has addresses for tests.
package porttest

import (
	"net"
	"testing"
)

// Vacant returns an address on loopback where nobody listens until the test does: no other program is given its port, for a
// connection that ends with the test keeps that taken.
func Vacant(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return l.Addr().String()
}
