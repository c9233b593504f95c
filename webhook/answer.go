package webhook

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/escalationkit/escalation/events"
)

// answer writes a small JSON object: the problem, or an empty one.
func answer(w http.ResponseWriter, status int, problem string) {
	body, _ := json.Marshal(struct { // cannot fail for a string
		Error string `json:"error,omitempty"`
	}{problem})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
}

// refuse answers a request that was not even read.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, problem string) {
	h.cfg.Logger.InfoContext(r.Context(), "webhook: request refused", "status", status, "problem", problem)
	answer(w, status, problem)
}

// unverified tells the log which check failed, and the stranger nothing.
func (h *Handler) unverified(w http.ResponseWriter, r *http.Request, err error) {
	var u *UnverifiedError
	errors.As(err, &u) // Parse returns no other
	h.cfg.Logger.WarnContext(r.Context(), "webhook: request not verified",
		"check", string(u.Check), "header", u.Header, "reason", string(u.Reason))
	answer(w, http.StatusUnauthorized, "the request could not be verified")
}

func (h *Handler) invalid(w http.ResponseWriter, r *http.Request, err error) {
	problem := "the body is refused: " + brokenRules(err)
	h.cfg.Logger.WarnContext(r.Context(), "webhook: "+problem)
	answer(w, http.StatusBadRequest, problem)
}

// brokenRules names rules and fields. It leaves out the field of a doubled key, which can be any text.
func brokenRules(err error) string {
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) {
		return "unreadable"
	}
	rules := make([]string, len(invalid.Problems))
	for i, p := range invalid.Problems {
		rules[i] = string(p.Code)
		if p.Field != "" && p.Code != events.CodeBodyKeys {
			rules[i] += " (" + p.Field + ")"
		}
	}
	return strings.Join(rules, ", ")
}
