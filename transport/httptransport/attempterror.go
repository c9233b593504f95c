package httptransport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// ErrClosed is wrapped by the error of a Send that was called after Close.
var ErrClosed = errors.New("the transport is closed")

// AttemptError says that an attempt ended without an answer.
//
// Its text names only what is known to hold nothing of the request. The errors it wraps keep their
// own text: net/http quotes malformed answers, and a caller's RoundTripper may quote anything.
type AttemptError struct {
	// Class is NotSent or Unknown.
	Class transport.Class
	// Timeout is Config.AttemptTimeout if it ended the attempt, otherwise 0.
	Timeout time.Duration

	detail string
	causes func() []error // a closure, because fmt cannot look into one
}

// hide keeps those of errs that are not nil where nothing prints them.
func hide(errs ...error) func() []error {
	kept := present(errs...)
	return func() []error { return kept }
}

// Error says how far the attempt came and what ended it.
func (e *AttemptError) Error() string {
	how := "no usable answer came; whether the event was taken in is unknown"
	if e.Class == transport.NotSent {
		how = "nothing was sent"
	}
	return "httptransport: " + how + ": " + e.detail
}

// Unwrap returns what ended the attempt: the error of the caller's context if that had ended,
// context.DeadlineExceeded after the attempt time-out, and the error net/http gave.
func (e *AttemptError) Unwrap() []error {
	if e.causes == nil {
		return nil
	}
	return e.causes()
}

// GoString returns Error as a quoted text: the causes inside may quote the request.
func (e *AttemptError) GoString() string { return fmt.Sprintf("%q", e.Error()) }

// GoString returns Error as a quoted text.
func (e *CredentialsError) GoString() string { return fmt.Sprintf("%q", e.Error()) }

// describe gives the text of err where that text is known to hold nothing of the request, and a
// stand-in where it is not.
func describe(err error) string {
	var (
		dns   *net.DNSError
		op    *net.OpError
		errno syscall.Errno
		cert  *tls.CertificateVerificationError
		alert tls.AlertError
		late  interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &op):
		text := op.Op + " " + op.Net
		if op.Addr != nil {
			text += " " + op.Addr.String()
		}
		return text + ": " + describe(op.Err)
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &cert):
		return cert.Error()
	case errors.As(err, &alert):
		return alert.Error()
	case errors.As(err, &late) && late.Timeout():
		return "timed out"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection was closed"
	}
	return "an error whose text is withheld, because it may quote the request; unwrap it to see it"
}
