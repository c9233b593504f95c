package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

// emptyBody lacks both fields that every event needs, so the documented answer is 400. It names no conversation: whatever
// an API makes of it, there is no visitor to show it to.
const emptyBody = "{}"

// ProbeAPI asks the API whether it takes the key, by two requests with an empty object as body: one without the key, which
// shows whether the API is what answers there, and then one with it. checked is what [Check] found; with settings that are
// missing or wrong nothing is sent.
//
// What the answers tell follows from the documentation (400: a field is missing; 401: key or bot id is missing or
// invalid; 404: no such endpoint), which does not say in which order an API looks at key and body. If it refuses the first
// request for its key and the second for its body, it has accepted the key. If it refuses both for the body, nothing is
// known of the key.
func ProbeAPI(ctx context.Context, s Settings, checked []Finding, sender *post.Sender) []Finding {
	f := &found{check: API}
	if why := obstacle(checked, BaseURL, Key, BotID); why != "" {
		f.add(Skipped, "not asked: "+why, "")
		return f.list
	}
	target := strings.TrimRight(s.BaseURL, "/") + endpointPath
	ask := func(key string) (post.Answer, error) {
		h := http.Header{"Content-Type": {"application/json"}, "Botid": {s.BotID}}
		if key != "" {
			h.Set("Authorization", key)
		}
		return sender.Post(ctx, target, h, []byte(emptyBody))
	}
	without, err := ask("")
	if err != nil {
		f.add(Wrong, "cannot be reached: "+err.Error(), "check host and network; the key was not sent")
		return f.list
	}
	if !likeAPI(f, without) {
		return f.list
	}
	with, err := ask(s.Key)
	if err != nil {
		f.add(Warning, "answered once, and then not: "+err.Error(), "try again")
		return f.list
	}
	judgeKey(f, without.Status, with.Status)
	return f.list
}

// likeAPI judges the answer to a request without a key. It reports whether this may be the API, so that the key may go there.
func likeAPI(f *found, a post.Answer) bool {
	const notSent = "; the key was not sent"
	switch {
	case a.Status/100 == 3:
		f.add(Wrong, fmt.Sprintf("answers %d and sends callers elsewhere%s", a.Status, location(a)), "correct the base URL: the key must not follow a redirect"+notSent)
	case html(a):
		f.add(Wrong, fmt.Sprintf("answers %d with an HTML page: a website, a login or a proxy, but not the API", a.Status), "correct the base URL"+notSent)
	case a.Status == http.StatusNotFound, a.Status == http.StatusMethodNotAllowed:
		f.add(Wrong, fmt.Sprintf("answers %d: there is no such endpoint", a.Status), "correct subdomain and path of the base URL"+notSent)
	case a.OK():
		f.add(Warning, fmt.Sprintf("answers %d to a request without a key and without an event, which the API does not", a.Status), "make sure that the base URL is that of the API"+notSent)
	case a.Status == http.StatusTooManyRequests || a.Status/100 == 5:
		f.add(Warning, fmt.Sprintf("is there, but answers %d: it is busy or broken now", a.Status), "try again later"+notSent)
	case a.Status != http.StatusBadRequest && a.Status != http.StatusUnauthorized && a.Status != http.StatusForbidden:
		f.add(Warning, fmt.Sprintf("answers %d, which the API does not", a.Status), "make sure that the base URL is that of the API"+notSent)
	default:
		return true
	}
	return false
}

// judgeKey compares the answers without and with the key.
func judgeKey(f *found, without, with int) {
	switch {
	case with == http.StatusUnauthorized:
		f.add(Wrong, "answers 401: the key or the bot id is not valid (it does not say which)",
			"copy both anew; a key dies at once when a new one is made, and belongs to one bot or organization")
	case with == http.StatusForbidden:
		f.add(Wrong, "answers 403: the key may not act for this bot", "use the key of this bot")
	case with == http.StatusNotFound:
		f.add(Wrong, "answers 404 once it knows the key: no such endpoint, or no such bot", "check the bot id, then the base URL")
	case with == http.StatusBadRequest && without != http.StatusBadRequest:
		f.add(OK, fmt.Sprintf("is there and has accepted key and bot id: %d without the key, 400 (a field is missing) with it", without), "")
	case with == http.StatusBadRequest:
		f.add(Note, "is there, but answers 400 with and without the key: it looks at the body first, so nothing is known of the key",
			"send a real event of a test conversation: escalation trigger escalationFailed --api …")
	case with/100 == 2:
		f.add(Note, fmt.Sprintf("is there and has accepted key and bot id: %d without the key, %d with it", without, with),
			"the documentation has 400 for a body without an event; nobody was shown anything, since none was named")
	case with == http.StatusTooManyRequests || with/100 == 5:
		f.add(Warning, fmt.Sprintf("answers %d: it is busy or broken now, and nothing is known of the key", with), "try again later")
	default:
		f.add(Warning, fmt.Sprintf("answers %d, which the documentation does not know; nothing is known of the key", with), "")
	}
}

// location says where a redirect points to.
func location(a post.Answer) string {
	to := a.Header.Get("Location")
	if to == "" {
		return ""
	}
	return " (" + plain.URL(to) + ")"
}

func html(a post.Answer) bool {
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "text/html")
}
