package desk_test

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/fsm"
)

func TestHandlerAnswers(t *testing.T) {
	const asJSON = "application/json"
	for _, c := range []struct {
		why, method, url, contentType string
		body                          io.Reader
		desk                          stub
		status                        int
		answer, allow                 string
	}{
		{why: "taken", method: "POST", url: "/", contentType: asJSON, body: strings.NewReader("{}"), status: 202, answer: "{}"},
		{why: "a charset is no other type", method: "POST", url: "/", contentType: asJSON + "; charset=utf-8", body: strings.NewReader("{}"), status: 202, answer: "{}"},
		{
			why: "lists are never null", method: "POST", url: "/", contentType: asJSON, body: strings.NewReader("{}"),
			desk: stub{act: &desk.Refusal{Message: "no"}}, status: 409, answer: `{"rules":[],"message":"no","allowed":[]}`,
		},
		{
			why: "trouble is no refusal", method: "POST", url: "/", contentType: asJSON, body: strings.NewReader("{}"),
			desk: stub{act: errors.New("down")}, status: 500, answer: `{"message":"down"}`,
		},
		{
			why: "a page can post text anywhere, without being asked", method: "POST", url: "/", contentType: "text/plain",
			body: strings.NewReader("{}"), status: 415, answer: `{"message":"Content-Type is not application/json"}`,
		},
		{why: "no type is not the type", method: "POST", url: "/", body: strings.NewReader("{}"), status: 415, answer: `{"message":"Content-Type is not application/json"}`},
		{
			why: "the largest body", method: "POST", url: "/", contentType: asJSON,
			body: strings.NewReader(strings.Repeat(" ", desk.MaxBody)), status: 202, answer: "{}",
		},
		{
			why: "one byte more", method: "POST", url: "/", contentType: asJSON,
			body: strings.NewReader(strings.Repeat(" ", desk.MaxBody+1)), status: 413, answer: `{"message":"the body is too large"}`,
		},
		{
			why: "a body that breaks off is not an event", method: "POST", url: "/", contentType: asJSON,
			body: io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)), status: 400, answer: `{"message":"the body cannot be read"}`,
		},
		{
			why: "a view without anything in it", method: "GET", url: "/?conversation=1", desk: stub{view: desk.View{Conversation: "1"}}, status: 200,
			answer: `{"conversation":"1","state":"none","accepted":"none","round":0,"pending":0,"parked":"","kinds":[]}`,
		},
		{
			why: "a kind without rules", method: "GET", url: "/?conversation=1",
			desk: stub{view: desk.View{Conversation: "1", State: fsm.Connected, Accepted: fsm.Connected, Kinds: []desk.KindView{{Kind: 3, Allowed: true}}}}, status: 200,
			answer: `{"conversation":"1","state":"connected","accepted":"connected","round":0,"pending":0,"parked":"","kinds":[{"kind":"message","allowed":true,"rules":[],"reason":""}]}`,
		},
		{why: "no conversation", method: "GET", url: "/", status: 400, answer: `{"message":"the query does not name one conversation"}`},
		{why: "an empty one", method: "GET", url: "/?conversation=", status: 400, answer: `{"message":"the query does not name one conversation"}`},
		{why: "two", method: "GET", url: "/?conversation=1&conversation=2", status: 400, answer: `{"message":"the query does not name one conversation"}`},
		{why: "no view", method: "GET", url: "/?conversation=1", desk: stub{viewErr: desk.ErrNoView}, status: 405, allow: "POST", answer: `{"message":"this desk offers no view"}`},
		{
			why: "a desk with a state that there is not", method: "GET", url: "/?conversation=1", desk: stub{view: desk.View{State: 99}},
			status: 500, answer: `{"message":"the answer cannot be written"}`,
		},
		{why: "another method", method: "DELETE", url: "/", status: 405, allow: "GET, POST", answer: `{"message":"an agent acts with POST, and looks with GET"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.url, c.body)
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			w := httptest.NewRecorder()
			desk.NewHandler(&c.desk).ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("answered %d, want %d", w.Code, c.status)
			}
			if diff := cmp.Diff(c.answer+"\n", w.Body.String()); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if got := w.Header().Get("Allow"); got != c.allow {
				t.Errorf("Allow is %q, want %q", got, c.allow)
			}
			if got := w.Header().Get("Content-Type"); got != asJSON {
				t.Errorf("Content-Type is %q", got)
			}
			acted := c.method == "POST" && (c.status == 202 || c.status == 409 || c.status == 500)
			if got := len(c.desk.bodies) > 0; got != acted {
				t.Errorf("the agent acted: %v, want %v", got, acted)
			}
		})
	}
}
