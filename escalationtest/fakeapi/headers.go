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

// checkRequest judges everything but the body.
func (s *Server) checkRequest(r *http.Request) []Problem {
	var ps []Problem
	// An escaped slash is part of a segment and parts none, though net/http decodes it.
	escaped := strings.Count(r.URL.EscapedPath(), "/") != strings.Count(r.URL.Path, "/")
	if escaped || r.URL.Path != s.cfg.BasePath+Path {
		ps = append(ps, Problem{Rule: WrongPath, Detail: fmt.Sprintf("%q", r.URL.EscapedPath())})
	}
	if r.Method != http.MethodPost {
		ps = append(ps, Problem{Rule: WrongMethod, Detail: fmt.Sprintf("%q", r.Method)})
	}
	ps = append(ps, s.checkIdentity(r.Header)...)
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
	return ps
}

// checkIdentity judges bot id and key. Its problems never quote the key.
func (s *Server) checkIdentity(h http.Header) []Problem {
	var ps []Problem
	var want string
	known := false
	switch bots := h.Values("Botid"); {
	case len(bots) != 1:
		ps = append(ps, Problem{Rule: MissingBotID, Field: "botid", Detail: fmt.Sprintf("%d headers", len(bots))})
	case bots[0] == "":
		ps = append(ps, Problem{Rule: MissingBotID, Field: "botid", Detail: "empty"})
	default:
		if want, known = s.key(bots[0]); !known {
			ps = append(ps, Problem{Rule: UnknownBot, Field: "botid", Detail: fmt.Sprintf("%q", bots[0])})
		}
	}
	keys := h.Values("Authorization")
	switch {
	case len(keys) != 1:
		ps = append(ps, Problem{Rule: MissingKey, Field: "Authorization", Detail: fmt.Sprintf("%d headers", len(keys))})
	case keys[0] == "":
		ps = append(ps, Problem{Rule: MissingKey, Field: "Authorization", Detail: "empty"})
	case !known || keys[0] == want:
	case strings.HasSuffix(keys[0], " "+want):
		ps = append(ps, Problem{Rule: SchemeWord, Field: "Authorization", Detail: "the key must stand alone"})
	default:
		ps = append(ps, Problem{Rule: WrongKey, Field: "Authorization"})
	}
	return ps
}

// contentTypeFlaw says what is wrong with the content type, or nothing.
func contentTypeFlaw(h http.Header) string {
	vs := h.Values("Content-Type")
	if len(vs) != 1 {
		return fmt.Sprintf("%d headers", len(vs))
	}
	media, params, err := mime.ParseMediaType(vs[0])
	if err != nil || media != "application/json" {
		return fmt.Sprintf("%q", vs[0])
	}
	if cs, ok := params["charset"]; ok && !strings.EqualFold(cs, "utf-8") {
		return fmt.Sprintf("charset %q", cs)
	}
	return ""
}
