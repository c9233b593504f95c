package port

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Await returns nil as soon as something listens where an http or https URL leads to, which is what should be there. It
// sends nothing. When ctx ends its error names the address and the last reason.
func Await(ctx context.Context, rawURL, what string) error {
	at, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("the address of %s is not a URL", what) // it may hold a secret, and err quotes it
	}
	port := at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	addr := net.JoinHostPort(at.Hostname(), port)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	var last error
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		if ctx.Err() == nil || last == nil {
			last = telling(last, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing answers at %s, where %s should be: %w", addr, what, last)
		case <-again.C:
		}
	}
}

// telling returns which of the reasons says more. A try that was made shortly before the end runs out of time, whatever it would have
// met.
func telling(before, now error) error {
	if late, ok := errors.AsType[net.Error](now); ok && late.Timeout() && before != nil {
		return before
	}
	return now
}
