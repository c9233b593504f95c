package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/fsm"
)

// answers is a network that gives one answer to everything, and counts.
type answers struct {
	status int
	body   io.Reader
	header http.Header
	calls  int
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.calls++
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(a.body), Request: r}, nil
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return copy(p, strings.Repeat("a", len(p))), nil
}

func TestActByStatus(t *testing.T) {
	for _, c := range []struct {
		why    string
		status int
		body   string
		want   error // nil: taken
	}{
		{"the plain one", 200, "", nil},
		{"what the handler answers", 202, "{}", nil},
		{"the body of a 2xx does not matter", 204, "<html>", nil},
		{"a refusal in full", 409, `{"rules":["text-required"],"message":"text is missing","allowed":["message"],"more":1}`,
			&desk.Refusal{Rules: []string{"text-required"}, Message: "text is missing", Allowed: []string{"message"}}},
		{"a refusal in other words is still one", 409, "<html>no</html>",
			&desk.Refusal{Rules: []string{}, Message: "the CRM gave no reason in the form of the protocol", Allowed: []string{}}},
		{"nothing is read out of a body of the wrong form", 409, `{"rules":["a"],"message":7,"allowed":"x"}`,
			&desk.Refusal{Rules: []string{}, Message: "the CRM gave no reason in the form of the protocol", Allowed: []string{}}},
		{"the rules without a message are better than nothing", 409, `{"rules":["sequence"]}`,
			&desk.Refusal{Rules: []string{"sequence"}, Message: "the CRM gave no reason in the form of the protocol", Allowed: []string{}}},
		{"a redirect is not followed", 307, "", &desk.CallError{Op: "act", Status: 307}},
		{"trouble", 503, `{"message":"come\n back \u001b[2J"}`, &desk.CallError{Op: "act", Status: 503, Message: "come back ?[2J"}},
		{"trouble in other words, cut short", 400, strings.Repeat("no ", 100), &desk.CallError{Op: "act", Status: 400, Message: strings.Repeat("no ", 66) + "no…"}},
		{"a CRM that has no desk there", 404, "404 page not found\n", &desk.CallError{Op: "act", Status: 404, Message: "404 page not found"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			network := &answers{status: c.status, body: strings.NewReader(c.body), header: http.Header{"Location": {"/elsewhere"}}}
			err := client(t, "http://127.0.0.1:1/", &desk.Config{Transport: network}).Act(t.Context(), []byte("{}"))
			if diff := cmp.Diff(c.want, err); diff != "" {
				t.Errorf("Act (-want +got):\n%s", diff)
			}
			if network.calls != 1 {
				t.Errorf("%d calls", network.calls)
			}
		})
	}
}

func TestViewIsStrict(t *testing.T) {
	const kinds = `[{"kind":"escalationQueueUpdate","allowed":true},{"kind":"escalationSuccess","allowed":true},{"kind":"message","allowed":false,"reason":"no"},` +
		`{"kind":"escalationFailed","allowed":true},{"kind":"agentDisconnect","allowed":false,"reason":"no"}]`
	with := func(kinds string) string { return `{"conversation":"1","state":"queued","kinds":` + kinds + `}` }
	repairs := func(list string) string { return with(kinds + `,"repairs":[` + list + `]`) }
	for _, c := range []struct{ why, body, want string }{ // want: what the error must name; empty: none
		{"the least that will do", with(kinds), ""},
		{"what is new is passed over", `{"conversation":"1","state":"queued","mood":"good","kinds":` + kinds + `}`, ""},
		{"longer than anybody reads", with(kinds) + strings.Repeat(" ", desk.MaxAnswer), "longer than 65536 bytes"},
		{"not JSON", `<html>`, "form of the protocol"},
		{"something behind it", with(kinds) + `{}`, "after top-level value"},
		{"not an object", `[]`, "form of the protocol"},
		{"not UTF-8", "{\"conversation\":\"1\xff\"}", "UTF-8"},
		{"whose is it", `{"state":"queued","kinds":` + kinds + `}`, `"conversation" is missing`},
		{"somebody else's", `{"conversation":"2","state":"queued","kinds":` + kinds + `}`, `"conversation" is "2", asked for was "1"`},
		{"no state", `{"conversation":"1","kinds":` + kinds + `}`, `"state" is missing`},
		{"no such state", `{"conversation":"1","state":"open","kinds":` + kinds + `}`, `open`},
		{"a state of another type", `{"conversation":"1","state":7,"kinds":` + kinds + `}`, `state`},
		{"a wrong state of what was taken", `{"conversation":"1","state":"queued","accepted":"Queued","kinds":` + kinds + `}`, `Queued`},
		{"a round below the first", `{"conversation":"1","state":"queued","round":-1,"kinds":` + kinds + `}`, `"round" is -1`},
		{"fewer than nothing pending", `{"conversation":"1","state":"queued","pending":-1,"kinds":` + kinds + `}`, `"pending" is -1`},
		{"no kinds", `{"conversation":"1","state":"queued"}`, `"kinds" is missing`},
		{"a kind is left out", with(strings.Replace(kinds, `{"kind":"message","allowed":false,"reason":"no"},`, "", 1)), `"kinds" says nothing of "message"`},
		{"a kind twice", with(strings.Replace(kinds, "escalationSuccess", "escalationQueueUpdate", 1)), `"kinds" has "escalationQueueUpdate" twice`},
		{"what only the visitor can do", with(strings.Replace(kinds, "escalationSuccess", "widgetMessage", 1)), `"kinds" has "widgetMessage", which no agent can do`},
		{"no such kind", with(strings.Replace(kinds, "escalationSuccess", "typing", 1)), `typing`},
		{"repairs", repairs(`{"id":"1","label":"Again"},{"id":"2","label":"Other","about":"words","event":{"eventType":"message","text":"Hi"}}`), ``},
		{"a repair that cannot be named", repairs(`{"label":"Again"}`), `"repairs" has one without "id"`},
		{"a repair twice", repairs(`{"id":"1","label":"Again"},{"id":"1","label":"Never"}`), `"repairs" has "1" twice`},
		{"a repair without words", repairs(`{"id":"1","about":"words"}`), `"repairs" has "1" without "label"`},
		{"a repair with an event of the visitor", repairs(`{"id":"1","label":"Again","event":{"eventType":"widgetMessage"}}`), `"repairs" has "1" with an "event" that no agent can send`},
		{"a repair with no event", repairs(`{"id":"1","label":"Again","event":{}}`), `"repairs" has "1" with an "event" that no agent can send`},
		{"a repair with a number in its event", repairs(`{"id":"1","label":"Again","event":{"eventType":"message","text":7}}`), `repairs`},
		{"the agent wants to know why", with(strings.Replace(kinds, `,"reason":"no"`, "", 1)), `"message" is not allowed, and no "reason"`},
	} {
		t.Run(c.why, func(t *testing.T) {
			network := &answers{status: 200, body: strings.NewReader(c.body)}
			view, err := client(t, "http://127.0.0.1:1/", &desk.Config{Transport: network}).View(t.Context(), "1")
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if view.State != fsm.Queued || view.Accepted != fsm.Queued || len(view.Kinds) != 5 || view.Kinds[0].Rules == nil {
					t.Errorf("read as %+v", view)
				}
				return
			}
			call, ok := errors.AsType[*desk.CallError](err)
			if !ok || call.Op != "view" || call.Status != 200 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want it to name %s", err, c.want)
			}
		})
	}
}

func TestNoView(t *testing.T) {
	for _, status := range []int{404, 405, 501} {
		network := &answers{status: status, body: strings.NewReader("")}
		_, err := client(t, "http://127.0.0.1:1/", &desk.Config{Transport: network}).View(t.Context(), "1")
		if !errors.Is(err, desk.ErrNoView) {
			t.Errorf("%d gives %v", status, err)
		}
	}
}

// TestEndlessAnswer: the other side decides how much it sends, but not how much is read.
func TestEndlessAnswer(t *testing.T) {
	for _, status := range []int{200, 409, 500} {
		body := &endless{}
		c := client(t, "http://127.0.0.1:1/", &desk.Config{Transport: &answers{status: status, body: body}})
		err := c.Act(t.Context(), []byte("{}"))
		if _, refused := errors.AsType[*desk.Refusal](err); (status == 200) != (err == nil) || refused != (status == 409) {
			t.Errorf("Act, %d: %v", status, err)
		}
		if _, err := c.View(t.Context(), "1"); err == nil {
			t.Errorf("View, %d: taken for a view", status)
		}
		if most := 4 * desk.MaxAnswer; body.read > most {
			t.Errorf("%d: %d bytes were read", status, body.read)
		}
	}
}

// silent is a network that never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ set, want time.Duration }{{0, 10 * time.Second}, {time.Second, time.Second}} {
			d, err := desk.NewClient("http://127.0.0.1:1/", &desk.Config{Timeout: c.set, Transport: silent{}})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			err = d.Act(t.Context(), []byte("{}"))
			if took := time.Since(begin); took != c.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", took, err)
			}
			if want := fmt.Sprintf("desk: act: no answer from 127.0.0.1:1 within %v", c.want); err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d, err := desk.NewClient("http://127.0.0.1:1/", &desk.Config{Transport: silent{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.View(ctx, "1"); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		sooner, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := d.View(sooner, "1"); err.Error() != "desk: view: no answer from 127.0.0.1:1 within 2s" {
			t.Errorf("the caller's limit: %v", err)
		}
	})
}

// TestURLStaysOutOfErrors: it may hold a token.
func TestURLStaysOutOfErrors(t *testing.T) {
	broken := errors.New("broken")
	c := client(t, "http://me:password@127.0.0.1:1/?token=secret", &desk.Config{Transport: failing{broken}})
	err := c.Act(t.Context(), []byte("{}"))
	_, viewErr := c.View(t.Context(), "1")
	for _, err := range []error{err, viewErr} {
		if !errors.Is(err, broken) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "me") {
			t.Errorf("%v", err)
		}
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestNewClientRefuses(t *testing.T) {
	for _, url := range []string{"", "desk", "127.0.0.1:80", "/desk", "ftp://127.0.0.1/", "http:///desk", "http://127.0.0.1/#top", "http://127.0.0.1:secret/"} {
		_, err := desk.NewClient(url, nil)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %v", url, err)
		}
	}
	if _, err := desk.NewClient("http://127.0.0.1/", &desk.Config{Timeout: -1}); err == nil {
		t.Error("a negative time-out is taken")
	}
}
