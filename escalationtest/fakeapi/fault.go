package fakeapi

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Cut says whether and when a Fault cuts the connection.
type Cut uint8

// The cuts.
const (
	// NoCut: the request is answered.
	NoCut Cut = iota
	// CutBeforeBody: as soon as the headers are in, with a reset where TCP allows it. Nothing of the body is read, so the record
	// has no fields and the event cannot be processed.
	CutBeforeBody
	// CutAfterBody: after the whole body was read and judged, with a reset where TCP allows it and without a byte of an answer.
	CutAfterBody
	// CutInAnswer: after the status, the headers and half of the answer's body. All that was sent arrives, and then the
	// connection ends. The answer to a HEAD has no body: see Uncuttable.
	CutInAnswer
)

// silent reports whether the client gets no byte of an answer.
func (c Cut) silent() bool { return c == CutBeforeBody || c == CutAfterBody }

// A Process says whether the event of a request that a Fault was dealt to takes effect. Whatever it says, the event of
// a request that fails a check never does.
type Process uint8

// The ways to process.
const (
	// ProcessIfOK: it takes effect if the answer is 2xx, just before that answer is sent.
	ProcessIfOK Process = iota
	// ProcessAnyway: it takes effect on arrival, whatever the client is told. With a 500 or a cut this is the case in
	// which a client that sends again is seen twice.
	ProcessAnyway
	// ProcessNever: it takes no effect, even if the client is told 200.
	ProcessNever
)

// A Fault says how to treat one request. The zero Fault treats it as if there were none.
type Fault struct {
	// Status is the answer, 200 to 999 as net/http allows; 0 means what the checks call for.
	Status int
	// Header is added to the answer, in place of headers of the same name.
	Header http.Header
	// Body is the answer's body; nil means the server's own small JSON, and an empty slice that is not nil an empty body.
	Body []byte

	// Cut cuts the connection instead of answering. Other than CutInAnswer it excludes Status, Header and Body.
	Cut Cut

	// Hold, if set, keeps the client waiting, after the body was read, until the Hold is released, the client goes away or
	// the server is closed. Then the request is answered or cut as the rest of the Fault says; nobody is answered in the
	// last two cases, and what ProcessIfOK would have processed is not.
	Hold *Hold

	// Delay keeps the client waiting for that long, as a Hold does, and after the Hold if there is one.
	Delay time.Duration

	// Process says whether the event takes effect.
	Process Process

	// Late, if set, makes the event take effect when that Hold is released, however and whenever the exchange with the
	// client ended: as a copy does that was stuck in a proxy. Process must then be left at its zero value.
	Late *Hold

	// AfterNext makes the event take effect right after the next event of its conversation that does, however the exchange
	// ended; if none follows, or with a Config.Keep too many come between, never. Like Late it is a copy that was stuck, but needs nobody to release it. It excludes Late and Process.
	AfterNext bool

	_ struct{}
}

// check returns all that is contradictory in f, joined.
func (f Fault) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("fakeapi: fault: "+format, args...)) }
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		bad("status %d cannot be an answer", f.Status)
	}
	if (f.Status == http.StatusNoContent || f.Status == http.StatusNotModified) && len(f.Body) > 0 {
		bad("status %d allows no body", f.Status)
	}
	if f.Cut > CutInAnswer {
		bad("unknown cut %d", f.Cut)
	}
	if f.Process > ProcessNever {
		bad("unknown way to process %d", f.Process)
	}
	if f.Cut.silent() && (f.Status != 0 || f.Header != nil || f.Body != nil) {
		bad("a cut excludes status, header and body")
	}
	if f.Cut == CutBeforeBody && (f.waits() || f.putsOff() || f.Process == ProcessAnyway) {
		bad("a cut before the body excludes waiting and processing")
	}
	if noBody := f.Status == http.StatusNoContent || f.Status == http.StatusNotModified; f.Cut == CutInAnswer && (noBody || f.Body != nil && len(f.Body) == 0) {
		bad("an answer without a body cannot be cut in it")
	}
	if f.Delay < 0 {
		bad("delay %v is negative", f.Delay)
	}
	if f.putsOff() && f.Process != ProcessIfOK || f.Late != nil && f.AfterNext {
		bad("Late, AfterNext and Process exclude each other")
	}
	return errors.Join(errs...)
}

// waits reports whether the client is kept waiting.
func (f *Fault) waits() bool { return f.Hold != nil || f.Delay > 0 }

// putsOff reports whether the event takes effect at another time than its answer says.
func (f *Fault) putsOff() bool { return f.Late != nil || f.AfterNext }

func checkFaults[F interface{ check() error }](fs []F) error {
	var errs []error
	for i, f := range fs {
		if err := f.check(); err != nil {
			errs = append(errs, fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// clone makes f independent of its maker, except for the Holds, which are meant to be shared.
func (f Fault) clone() Fault {
	f.Header = f.Header.Clone()
	f.Body = bytes.Clone(f.Body)
	return f
}

func cloneFaults(fs []Fault) []Fault {
	out := slices.Clone(fs)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}
