package post

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

// An Error says why there was no answer.
type Error struct {
	detail string
	err    error
}

// Error returns the reason in words for a person.
func (e *Error) Error() string { return e.detail }

// Unwrap returns what package net/http gave.
func (e *Error) Unwrap() error { return e.err }

// HungUp reports whether somebody was there, and closed the connection without an answer.
func (e *Error) HungUp() bool { return hungUp(e.err) }

// NewError returns err as Explain puts it.
func NewError(err error, host string, limit time.Duration) *Error {
	return &Error{detail: Explain(err, host, limit), err: err}
}

// Explain turns what net/http says of a request that got no answer into a line for a person. limit is the time the
// request had.
func Explain(err error, host string, limit time.Duration) string {
	if proxy, ok := errors.AsType[*net.OpError](err); ok && proxy.Op == "proxyconnect" { // as net/http has it
		name := "it"
		if dial, ok := errors.AsType[*net.OpError](proxy.Err); ok && dial.Addr != nil {
			name = dial.Addr.String()
		}
		return "the proxy that the environment names cannot be reached: " + Explain(proxy.Err, name, limit)
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return "given up"
	case timedOut(err), errors.As(err, &dns) && dns.IsTimeout:
		return fmt.Sprintf("no answer from %s within %v", host, limit)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("no host of the name %s", dns.Name)
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s could not be looked up", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("connection refused: nothing listens on %s", host)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return fmt.Sprintf("no route to %s", host)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("%s speaks plain HTTP: the URL says https", host)
	case hungUp(err):
		return fmt.Sprintf("%s closed the connection without an answer", host)
	}
	if detail := explainTLS(err); detail != "" {
		return fmt.Sprintf("TLS with %s failed: %s", host, detail)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own text repeats the URL
	}
	return err.Error()
}

// ProxyRefused is for [http.Transport.OnProxyConnectResponse]: without it the error would be the words of the status alone.
func ProxyRefused(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy that the environment names answered %d", answer.StatusCode)
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func timedOut(err error) bool {
	var t net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func explainTLS(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by nobody this machine trusts"
	case errors.As(err, &hostname):
		return "its certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet"
	case errors.As(err, &verify):
		return "its certificate is not valid"
	case errors.As(err, &record):
		return "what answers there does not speak TLS"
	case errors.As(err, &alert):
		return "it ended the handshake (" + alert.Error() + ")"
	}
	return ""
}
