package fakeapi

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// keptHeaders are those a record keeps.
var keptHeaders = [...]string{
	"Accept", "Accept-Encoding", "Botid", "Content-Encoding", "Content-Length", "Content-Type", "Expect",
	"Idempotency-Key", "Organizationid", "Retry-After", "User-Agent", "X-Idempotency-Key",
}

// keepHeaders returns a copy of the headers that matter. The key is not among them.
func keepHeaders(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range keptHeaders {
		if vs := h.Values(name); len(vs) > 0 {
			kept[name] = append([]string(nil), vs...)
		}
	}
	return kept
}

// checkRequest judges everything but the body, and keeps the bot id.
func (s *Server) checkRequest(r *http.Request, rec *Record) {
	ps := rec.Problems
	// An escaped slash is part of a segment and parts none, though net/http decodes it.
	escaped := strings.Count(r.URL.EscapedPath(), "/") != strings.Count(r.URL.Path, "/")
	if escaped || r.URL.Path != s.cfg.BasePath+Path {
		ps = append(ps, Problem{Rule: WrongPath, Detail: fmt.Sprintf("%q; want %q", r.URL.EscapedPath(), s.cfg.BasePath+Path)})
	}
	if r.Method != http.MethodPost {
		ps = append(ps, Problem{Rule: WrongMethod, Detail: fmt.Sprintf("%q; want POST", r.Method)})
	}
	ps = append(ps, s.identify(r.Header, rec)...)
	if detail := contentTypeFlaw(r.Header); detail != "" {
		ps = append(ps, Problem{Rule: WrongContentType, Field: "Content-Type", Detail: detail})
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if _, ok := r.Header[name]; ok {
			ps = append(ps, Problem{Rule: IdempotencyHeader, Field: name})
		}
	}
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		ps = append(ps, Problem{Rule: UnexpectedQuery})
	}
	rec.Problems = ps
}

// contentTypeFlaw says what is wrong with the content type, or nothing.
func contentTypeFlaw(h http.Header) string {
	const wanted = "; want application/json"
	vs := h.Values("Content-Type")
	if flaw := notOnce(vs); flaw != "" {
		return flaw + wanted
	}
	media, params, err := mime.ParseMediaType(vs[0])
	if err != nil || media != "application/json" {
		return "is " + brief(vs[0]) + wanted
	}
	if cs, ok := params["charset"]; ok && !strings.EqualFold(cs, "utf-8") {
		return fmt.Sprintf("has the charset %s; want utf-8, or none", brief(cs))
	}
	return ""
}
