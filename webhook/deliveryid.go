package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// MaxDeliveryID is the most bytes of a delivery id.
const MaxDeliveryID = 256

// otherMeaning are headers that are the same for many deliveries, or that net/http takes out of the
// map. As a delivery id they would turn new messages into repeats.
var otherMeaning = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Connection", "Content-Encoding",
	"Content-Length", "Content-Type", "Cookie", "Date", "Host", "Origin", "Trailer", "Transfer-Encoding",
	"User-Agent",
}

// checkDeliveryIDHeader returns what is wrong with the name, which may be empty. It does not repeat it:
// what stands in the wrong place may be a secret.
func checkDeliveryIDHeader(name string) error {
	switch {
	case strings.ContainsFunc(name, notInToken):
		return errors.New("webhook: DeliveryIDHeader is not a valid header name")
	case slices.Contains(otherMeaning, http.CanonicalHeaderKey(name)):
		return errors.New("webhook: DeliveryIDHeader is a header that does not name deliveries: " +
			"messages would be taken for repeats and lost")
	}
	return nil
}

// deliveryID returns the id that the sender gave to a verified request, or none. Without an id the event
// is still taken in: to show the visitor's words twice is better than to lose them.
func (h *Handler) deliveryID(r *http.Request) string {
	if h.cfg.DeliveryIDHeader == "" {
		return ""
	}
	id, problem := deliveryID(r.Header[h.cfg.DeliveryIDHeader])
	if problem != "" {
		h.reportDeliveryID(r.Context(), problem)
	}
	return id
}

// deliveryID returns the id in a header's values, or why it is none. Stores keep ids, and some of them
// refuse text that is not UTF-8 or holds a NUL: an event with such an id would be answered 503 for ever.
func deliveryID(values []string) (id, problem string) {
	switch {
	case len(values) > 1: // also if they are equal, as everywhere in this package
		return "", "repeated"
	case len(values) == 0 || values[0] == "":
		return "", "missing"
	case len(values[0]) > MaxDeliveryID:
		return "", "too long"
	case strings.ContainsFunc(values[0], notVisible):
		return "", "malformed"
	}
	return values[0], ""
}

func notVisible(c rune) bool { return c <= ' ' || c > '~' }

// reportDeliveryID logs each problem once: a sender that names no delivery names none for a long time.
func (h *Handler) reportDeliveryID(ctx context.Context, problem string) {
	if names, _ := h.ids.fresh([]string{problem}); len(names) > 0 {
		h.cfg.Logger.WarnContext(ctx, "webhook: no usable delivery id; a repeat of such an event cannot be told",
			"header", h.cfg.DeliveryIDHeader, "problem", problem)
	}
}
