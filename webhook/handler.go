package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/escalationkit/escalation/events"
)

// retryAfter is what a sender is asked to wait after a 503.
const retryAfter = time.Second

// Handler is the http.Handler of the webhook; see the package documentation for its answers. It looks
// at no path: mount it where the vendor posts to.
type Handler struct {
	// Functions instead of the values behind them: printing a Handler cannot reach a secret in them.
	verify   VerifierFunc
	receive  OnceReceiverFunc
	fallback http.HandlerFunc // nil if there is none
	cfg      Config           // with defaults; Fallback cleared
	fields   drift            // names of unknown fields that were logged
	types    drift            // names of unknown event types that were logged
	ids      drift            // problems with delivery ids that were logged
}

var _ http.Handler = (*Handler)(nil)

// NewHandler joins a receiver and a verifier. Cfg may be nil and is not changed. All problems of the
// arguments are returned together.
func NewHandler(recv Receiver, v Verifier, cfg *Config) (*Handler, error) {
	h := &Handler{cfg: cfg.withDefaults()}
	problems := []error{h.cfg.validate()}
	var err error
	if h.receive, err = receiveFunc(recv, h.cfg.DeliveryIDHeader != ""); err != nil {
		problems = append(problems, err)
	}
	if missing(v) {
		problems = append(problems, errNoVerifier)
	} else {
		h.verify = v.Verify
	}
	h.cfg.DeliveryIDHeader = http.CanonicalHeaderKey(h.cfg.DeliveryIDHeader)
	if slices.Contains(headersOf(v), h.cfg.DeliveryIDHeader) {
		problems = append(problems, errors.New("webhook: DeliveryIDHeader is a header that the verifier reads: "+
			"a secret or a signature does not name deliveries"))
	}
	if h.cfg.Fallback != nil {
		h.fallback = h.cfg.Fallback.ServeHTTP
		h.cfg.Fallback = nil
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return h, nil
}

// ServeHTTP answers one webhook call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := h.read(w, r)
	if !ok {
		return
	}
	env, unknown, err := Parse(Request{Header: r.Header, Body: body, RemoteAddr: r.RemoteAddr}, h.verify)
	if name, ok := Foreign(err); ok {
		h.pass(w, r, body, name)
		return
	}
	h.reportDrift(r.Context(), unknown)
	switch {
	case err == nil:
		h.takeIn(w, r, env)
	case errors.Is(err, ErrUnverified):
		h.unverified(w, r, err)
	default:
		h.invalid(w, r, err)
	}
}

// takeIn hands the event over, and answers 200 only after the receiver said that it is committed.
func (h *Handler) takeIn(w http.ResponseWriter, r *http.Request, env events.Envelope) {
	// A sender that gives up waiting must not undo the work: nobody knows whether it would try again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.cfg.ReceiveTimeout)
	defer cancel()
	err := h.receive(ctx, env, h.deliveryID(r))
	if err == nil {
		answer(w, http.StatusOK, "")
		return
	}
	h.cfg.Logger.ErrorContext(r.Context(), "webhook: event not taken in",
		"kind", env.Event.Kind().String(), "error_type", fmt.Sprintf("%T", err),
		"timed_out", errors.Is(err, context.DeadlineExceeded))
	if h.cfg.OnError != nil {
		h.cfg.OnError(r.Context(), err)
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	answer(w, http.StatusServiceUnavailable, "the event could not be taken in; try again")
}

// pass gives an event of another API to the fallback, with the body as it was.
func (h *Handler) pass(w http.ResponseWriter, r *http.Request, body []byte, eventType string) {
	h.reportType(r.Context(), eventType)
	if h.fallback == nil {
		h.cfg.Logger.DebugContext(r.Context(), "webhook: event of another API ignored; no fallback is set",
			"event_type", eventType)
		answer(w, http.StatusOK, "")
		return
	}
	again := r.WithContext(r.Context()) // a shallow copy: the server goes on using r
	again.Body = io.NopCloser(bytes.NewReader(body))
	again.ContentLength = int64(len(body))
	again.TransferEncoding = nil
	h.fallback(w, again)
}
