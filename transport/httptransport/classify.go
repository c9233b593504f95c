package httptransport

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// classify is the table from an answer to a class. html says that the answer is an HTML page,
// asked that it carries a valid Retry-After.
func classify(status int, html, asked bool) transport.Class {
	switch {
	case status >= 200 && status <= 299 && !html:
		return transport.Acknowledged
	case status >= 300 && status <= 399:
		return transport.RefusedScope
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return transport.RefusedScope
	case http.StatusTooManyRequests:
		return transport.RefusedLater
	case http.StatusServiceUnavailable:
		if asked {
			return transport.RefusedLater
		}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return transport.Rejected
	}
	return transport.Unknown
}

// htmlPage reports whether a Content-Type announces HTML.
func htmlPage(h http.Header) bool {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "text/html")
}

// StatusError says that the API answered, but not with an acknowledgement.
type StatusError struct {
	Status     int
	Class      transport.Class
	RetryAfter time.Duration // as in transport.Result
	HTML       bool          // the answer was an HTML page
	// Early: the answer came before the whole request was handed over.
	Early bool

	// What the API wrote may repeat the message text, so it is kept where nothing prints it.
	excerpt Secret
}

// Excerpt returns the beginning of the answer's body, at most 2 KiB, as it came. It may hold
// message text or worse: it is for a person who asked for it, not for a log.
func (e *StatusError) Excerpt() string { return e.excerpt.Reveal() }

// Error says what the status means here. It holds nothing that the API wrote but the status.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("httptransport: the API answered %d", e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	return text + ": " + e.meaning()
}

func (e *StatusError) meaning() string {
	switch {
	case e.Early:
		return "it came before the whole request was handed over; whether the event was taken in is unknown"
	case e.Status >= 200 && e.Status <= 299:
		return "with an HTML page, so a login page or a proxy spoke and not the API; " +
			"whether the event was taken in is unknown"
	case e.Status >= 300 && e.Status <= 399:
		return "redirects are not followed; check the base URL"
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return "key or bot id is missing or invalid"
	case http.StatusForbidden:
		return "the key may not act for this bot"
	case http.StatusNotFound:
		return "no such endpoint (wrong base URL or path), or no such bot"
	case http.StatusMethodNotAllowed:
		return "this address takes no events; check the base URL"
	}
	switch e.Class {
	case transport.Rejected:
		return "the event was refused for good"
	case transport.RefusedLater:
		return "it asked to come back later" + e.wait()
	}
	return "whether the event was taken in is unknown"
}

func (e *StatusError) wait() string {
	if e.RetryAfter == 0 {
		return ""
	}
	return " (in " + e.RetryAfter.String() + ")"
}

// GoString returns Error as a quoted text: the fields of an error say no more than it does.
func (e *StatusError) GoString() string { return fmt.Sprintf("%q", e.Error()) }
