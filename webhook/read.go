package webhook

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// read checks the head of a request and reads its body. If it reports false the answer is written.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	// Before the first check: after a refusal the server still reads what is left of the body. It sets
	// the deadline anew for the next request.
	release := limitReading(w, r, h.cfg.ReadTimeout)
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, "only POST is answered here")
		return nil, false
	}
	if problem := checkContent(r.Header); problem != "" {
		h.refuse(w, r, http.StatusUnsupportedMediaType, problem)
		return nil, false
	}
	limit := int64(h.cfg.MaxBody)
	if r.ContentLength > limit {
		h.tooLarge(w, r)
		return nil, false
	}
	if r.Body == nil { // only in requests made by hand
		return nil, true
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		h.tooLarge(w, r)
		return nil, false
	case err != nil: // broken off, too slow, malformed chunks
		w.Header().Set("Connection", "close")
		h.refuse(w, r, http.StatusBadRequest, "the body could not be read to its end in time")
		return nil, false
	}
	release() // what follows may take longer
	return body, true
}

func (h *Handler) tooLarge(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	h.refuse(w, r, http.StatusRequestEntityTooLarge, "the body is over the size limit")
}

// limitReading sets a read deadline if the connection has them; release takes it away. A server with
// a shorter limit of its own keeps it.
func limitReading(w http.ResponseWriter, r *http.Request, limit time.Duration) (release func()) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && server.ReadTimeout > 0 && server.ReadTimeout <= limit {
		return func() {}
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(limit)) != nil {
		return func() {}
	}
	return func() { _ = control.SetReadDeadline(time.Time{}) } // it worked a moment ago
}

// checkContent returns what is wrong with the declared form of the body.
func checkContent(header http.Header) string {
	const want = "the body must be declared as application/json"
	types := header.Values("Content-Type")
	if len(types) != 1 {
		return want
	}
	mediaType, params, err := mime.ParseMediaType(types[0])
	if err != nil || mediaType != "application/json" {
		return want
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return "the charset must be utf-8"
	}
	for _, coding := range header.Values("Content-Encoding") {
		if !strings.EqualFold(coding, "identity") {
			return "the body must not be compressed"
		}
	}
	return ""
}
