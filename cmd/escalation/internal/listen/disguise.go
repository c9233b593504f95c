package listen

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// disguise returns r as the fake may see it: below its own base path, and with a key that says nothing unless one is
// demanded.
func (j *judge) disguise(r *http.Request, body []byte, readErr error) *http.Request {
	var content io.Reader = bytes.NewReader(body)
	if readErr != nil && readErr != errTooLarge {
		content = io.MultiReader(content, broken{readErr})
	}
	h := r.Header.Clone()
	if j.key == "" {
		for i, v := range h["Authorization"] {
			h["Authorization"][i] = disguiseKey(v)
		}
	}
	if bots := h.Values("Botid"); j.bot == "" && len(bots) == 1 && !j.bots[bots[0]] && len(j.bots) < maxBots {
		if j.fake.SetKey(bots[0], j.keyOf()) == nil { // else it could not be a bot id, as the fake will find
			j.bots[bots[0]] = true
		}
	}
	return (&http.Request{
		Method: r.Method, URL: &url.URL{Path: belowBase(r.URL.Path), RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery},
		Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: h, Body: io.NopCloser(content), ContentLength: r.ContentLength, Host: r.Host, RemoteAddr: r.RemoteAddr,
	}).WithContext(r.Context())
}

// broken is the end of a body that broke off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// disguiseKey replaces a key and leaves what is around it.
func disguiseKey(v string) string {
	if strings.TrimSpace(v) == "" {
		return v
	}
	if word, _, ok := strings.Cut(strings.TrimSpace(v), " "); ok {
		return word + " " + standInKey
	}
	return standInKey
}

// platformPath is what the platform's base URLs end in. The CRM may keep it in the one that it is given here.
const platformPath = "/ai-agents/api"

func belowBase(path string) string {
	if rest, ok := strings.CutPrefix(path, platformPath); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return path
}
