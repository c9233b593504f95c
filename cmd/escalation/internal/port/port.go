// Package port listens where a user's --addr says, and waits for those who are to listen elsewhere.
package port

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// Listen listens on a TCP address. Its error is one line in plain words, and says what to do.
func Listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err == nil {
		return listener, nil
	}
	// What net puts before the reason repeats the address.
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return nil, fmt.Errorf("cannot listen on %s: %w; --addr 127.0.0.1:0 takes a free port", addr, err)
}
