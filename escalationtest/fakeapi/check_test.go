package fakeapi_test

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A checkCase is one request and the rules it must be found to break, no more and no fewer.
type checkCase struct {
	why    string
	body   string
	change func(*http.Request)
	status int
	broken []fakeapi.Rule
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

func both(changes ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, c := range changes {
			c(r)
		}
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("line dropped") }
func (brokenBody) Close() error             { return nil }

func rules(rs ...fakeapi.Rule) []fakeapi.Rule { return rs }

var checkCases = []checkCase{
	{"a queue update with both details", queueUpdate, nil, 200, nil},
	{"queue details are optional", `{"platformConversationId":"c1","eventType":"escalationQueueUpdate"}`, nil, 200, nil},
	{"a success with the agent's name", success, nil, 200, nil},
	{"a success with an avatar", `{"platformConversationId":"c1","eventType":"escalationSuccess","agentAvatar":"https://a.example/j.png"}`, nil, 200, nil},
	{"agent and avatar are optional", `{"platformConversationId":"c1","eventType":"escalationSuccess"}`, nil, 200, nil},
	{"a message", message, nil, 200, nil},
	{"a failure", failed, nil, 200, nil},
	{"a disconnect", disconnect, nil, 200, nil},

	{"another path", message, func(r *http.Request) { r.URL.Path = "/agent/converse" }, 404, rules(fakeapi.WrongPath)},
	{"a slash at the end is another path", message, func(r *http.Request) { r.URL.Path += "/" }, 404, rules(fakeapi.WrongPath)},
	{"another method: no documented answer fits but 404", message, func(r *http.Request) { r.Method = "PUT" }, 404, rules(fakeapi.WrongMethod)},
	{"a query is not described", message, func(r *http.Request) { r.URL.RawQuery = "a=b" }, 200, rules(fakeapi.UnexpectedQuery)},
	{"404 wins over 401 and 400", `{`, both(header("botid"), func(r *http.Request) { r.URL.Path = "/" }), 404,
		rules(fakeapi.WrongPath, fakeapi.MissingBotID, fakeapi.NotJSON)},

	{"no bot id", message, header("botid"), 401, rules(fakeapi.MissingBotID)},
	{"an empty bot id", message, header("botid", ""), 401, rules(fakeapi.MissingBotID)},
	{"two bot ids", message, header("botid", "bot-1", "bot-1"), 401, rules(fakeapi.MissingBotID)},
	{"the header name ignores case", message, both(header("botid"), header("botId", "bot-1")), 200, nil},
	{"a bot nobody knows", message, header("botid", "bot-2"), 401, rules(fakeapi.UnknownBot)},
	{"no key", message, header("Authorization"), 401, rules(fakeapi.MissingKey)},
	{"an empty key", message, header("Authorization", ""), 401, rules(fakeapi.MissingKey)},
	{"two keys", message, header("Authorization", "key-1", "key-1"), 401, rules(fakeapi.MissingKey)},
	{"another key", message, header("Authorization", "key-2"), 401, rules(fakeapi.WrongKey)},
	{"the key is bare", message, header("Authorization", "Bearer key-1"), 401, rules(fakeapi.SchemeWord)},
	{"401 wins over 400", `{`, header("Authorization"), 401, rules(fakeapi.MissingKey, fakeapi.NotJSON)},

	{"no content type", message, header("Content-Type"), 400, rules(fakeapi.WrongContentType)},
	{"a form", message, header("Content-Type", "application/x-www-form-urlencoded"), 400, rules(fakeapi.WrongContentType)},
	{"two content types", message, header("Content-Type", "application/json", "application/json"), 400, rules(fakeapi.WrongContentType)},
	{"a malformed content type", message, header("Content-Type", "application/"), 400, rules(fakeapi.WrongContentType)},
	{"the usual charset is fine", message, header("Content-Type", "application/json; charset=UTF-8"), 200, nil},
	{"JSON is UTF-8", message, header("Content-Type", "application/json; charset=latin1"), 400, rules(fakeapi.WrongContentType)},
	{"a key for repeats, which makes net/http send again", message, header("Idempotency-Key", "1"), 200, rules(fakeapi.IdempotencyHeader)},
	{"the other spelling of it", message, header("X-Idempotency-Key", "1"), 200, rules(fakeapi.IdempotencyHeader)},

	{"the line drops", message, func(r *http.Request) { r.Body = brokenBody{} }, 400, rules(fakeapi.BodyUnreadable)},
	{"no body object at all", "", func(r *http.Request) { r.Body = nil }, 400, rules(fakeapi.NotJSON)},
	{"more than the limit", `{"a":"` + strings.Repeat("x", 300) + `"}`, nil, 400, rules(fakeapi.BodyTooLarge)},
	{"no UTF-8", "{\"platformConversationId\":\"c1\",\"eventType\":\"message\",\"text\":\"\xff\"}", nil, 400, rules(fakeapi.NotUTF8)},
	{"an empty body", "", nil, 400, rules(fakeapi.NotJSON)},
	{"half an object", message[:20], nil, 400, rules(fakeapi.NotJSON)},
	{"something after the object", message + "x", nil, 400, rules(fakeapi.NotJSON)},
	{"an array", "[" + failed + "]", nil, 400, rules(fakeapi.NotObject)},
	{"null", "null", nil, 400, rules(fakeapi.NotObject)},
	{"white space around the object is JSON", " " + failed + "\n", nil, 200, nil},

	{"the same key twice", `{"platformConversationId":"c1","eventType":"message","text":"a","text":"b"}`, nil, 400, rules(fakeapi.DuplicateField)},
	{"the same key twice behind an escape", `{"platformConversationId":"c1","eventType":"message","text":"a","t\u0065xt":"b"}`, nil, 400, rules(fakeapi.DuplicateField)},
	{"a number where a string belongs", `{"platformConversationId":"c1","eventType":"escalationQueueUpdate","queuePosition":3}`, nil, 400, rules(fakeapi.NotString)},
	{"a number that no machine holds", `{"platformConversationId":"c1","eventType":"escalationQueueUpdate","queuePosition":1e999}`, nil, 400, rules(fakeapi.NotString)},
	{"null for an unset field", `{"platformConversationId":"c1","eventType":"escalationSuccess","agent":null}`, nil, 400, rules(fakeapi.NotString)},
	{"an object where text belongs", `{"platformConversationId":"c1","eventType":"message","text":{"a":["b"]}}`, nil, 400, rules(fakeapi.NotString)},
	{"an event type that is no string", `{"platformConversationId":"c1","eventType":1}`, nil, 400, rules(fakeapi.NotString)},
	{"no conversation", `{"eventType":"escalationFailed"}`, nil, 400, rules(fakeapi.MissingField)},
	{"an empty conversation", `{"platformConversationId":"","eventType":"escalationFailed"}`, nil, 400, rules(fakeapi.EmptyField)},
	{"no event type", `{"platformConversationId":"c1"}`, nil, 400, rules(fakeapi.MissingField)},
	{"an empty event type", `{"platformConversationId":"c1","eventType":""}`, nil, 400, rules(fakeapi.EmptyField)},
	{"an event type of another case", `{"platformConversationId":"c1","eventType":"Message","text":"a"}`, nil, 400, rules(fakeapi.UnknownEventType)},
	{"an inbound event type", `{"platformConversationId":"c1","eventType":"widgetEscalate"}`, nil, 400, rules(fakeapi.UnknownEventType)},
	{"a message without text", `{"platformConversationId":"c1","eventType":"message"}`, nil, 400, rules(fakeapi.MissingField)},
	{"a message with empty text", `{"platformConversationId":"c1","eventType":"message","text":""}`, nil, 400, rules(fakeapi.EmptyField)},
	{"an empty optional field", `{"platformConversationId":"c1","eventType":"escalationSuccess","agent":""}`, nil, 400, rules(fakeapi.EmptyField)},
	{"text with another event", `{"platformConversationId":"c1","eventType":"escalationFailed","text":"a"}`, nil, 400, rules(fakeapi.MisplacedField)},
	{"an agent with a queue update", `{"platformConversationId":"c1","eventType":"escalationQueueUpdate","agent":"a"}`, nil, 400, rules(fakeapi.MisplacedField)},
	{"an avatar with a message", `{"platformConversationId":"c1","eventType":"message","text":"a","agentAvatar":"https://a.example/j.png"}`, nil, 400, rules(fakeapi.MisplacedField)},
	{"a queue position with success", `{"platformConversationId":"c1","eventType":"escalationSuccess","queuePosition":"1"}`, nil, 400, rules(fakeapi.MisplacedField)},
	{"a waiting time with a disconnect", `{"platformConversationId":"c1","eventType":"agentDisconnect","waitingTime":"1"}`, nil, 400, rules(fakeapi.MisplacedField)},
	{"an avatar that is a path", `{"platformConversationId":"c1","eventType":"escalationSuccess","agentAvatar":"/j.png"}`, nil, 400, rules(fakeapi.NotURL)},
	{"a field nobody described", `{"platformConversationId":"c1","eventType":"escalationFailed","reason":"busy"}`, nil, 200, rules(fakeapi.UnknownField)},
	{"names of another case are other names", `{"PlatformConversationId":"c1","eventType":"escalationFailed"}`, nil, 400, rules(fakeapi.UnknownField, fakeapi.MissingField)},
}

// Even a client that sends far too much, on a connection that is closed then, learns what is wrong with it.
func TestTooLargeBodiesAreAnswered(t *testing.T) {
	s := startServer(t, nil)
	large := event("message", `"text":"`+strings.Repeat("x", 8<<20)+`"`)
	for range 20 {
		code, _, _, err := post(bounded(t), s.URL(), large)
		if code != 400 || err != nil {
			t.Fatalf("%d %v", code, err)
		}
	}
	if got := len(s.Requests()[0].Body); got != fakeapi.DefaultMaxBody {
		t.Errorf("%d bytes are kept", got)
	}
}

func TestBodiesWithoutBound(t *testing.T) {
	s := newServer(t, &fakeapi.Config{MaxBody: math.MaxInt64})
	if w := serve(s, success, nil); w.Code != 200 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestChecks(t *testing.T) {
	for _, c := range checkCases {
		if c.why == "" {
			t.Fatalf("a case does not say why: %s", c.body)
		}
		t.Run(c.why, func(t *testing.T) {
			s := newServer(t, &fakeapi.Config{MaxBody: 256})
			w := serve(s, c.body, c.change)
			rec := only(t, s)
			if w.Code != c.status || rec.Status != c.status {
				t.Errorf("answered %d, recorded %d, want %d; problems: %v", w.Code, rec.Status, c.status, rec.Problems)
			}
			if len(rec.Problems) != len(c.broken) {
				t.Errorf("problems %v, want %v", rec.Problems, c.broken)
			}
			for _, rule := range c.broken {
				if !rec.Broke(rule) {
					t.Errorf("%q not found; problems: %v", rule, rec.Problems)
				}
			}
			good := c.status == 200
			if rec.Passed() != good || rec.Processed != good || (len(s.Widget("c1")) == 1) != good {
				t.Errorf("passed %v, processed %v, %d lines; want %v", rec.Passed(), rec.Processed, len(s.Widget("c1")), good)
			}
			if ct := w.Header().Get("Content-Type"); ct != "application/json" {
				t.Errorf("answer is %q", ct)
			}
			wantKey := `"error"`
			if good {
				wantKey = `"status"`
			}
			if !strings.Contains(w.Body.String(), wantKey) {
				t.Errorf("answer %s lacks %s", w.Body, wantKey)
			}
			if strings.Contains(w.Body.String(), "key-1") {
				t.Errorf("answer %s shows the key", w.Body)
			}
		})
	}
}

func TestEveryRuleHasACase(t *testing.T) {
	seen := map[fakeapi.Rule]bool{}
	for _, c := range checkCases {
		for _, r := range c.broken {
			seen[r] = true
		}
	}
	for r := fakeapi.Rule(1); r.Valid(); r++ {
		if !seen[r] {
			t.Errorf("no request breaks %q", r)
		}
		if r.String() == "" {
			t.Errorf("rule %d has no name", uint8(r))
		}
	}
	if got := fakeapi.Rule(0).String() + ", " + fakeapi.Rule(200).String(); got != "rule 0, rule 200" {
		t.Errorf("rules that are none are called %q", got)
	}
	if fakeapi.Rule(0).Drift() || fakeapi.WrongPath.Drift() || !fakeapi.UnknownField.Drift() {
		t.Error("only the last rules are drift")
	}
}

func TestBasePath(t *testing.T) {
	s := startServer(t, &fakeapi.Config{BasePath: "/ai-agents/api"})
	if code, _, _, err := post(bounded(t), s.URL(), message); err != nil || code != 200 {
		t.Errorf("under the base path: %d, %v", code, err)
	}
	if code, _, _, err := post(bounded(t), strings.TrimSuffix(s.URL(), "/ai-agents/api"), message); err != nil || code != 404 {
		t.Errorf("without it: %d, %v; want 404", code, err)
	}
}

func TestKeyRotation(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.SetKey("bot-1", "key-2"))
	if w := serve(s, message, nil); w.Code != 401 {
		t.Errorf("the old key is answered %d", w.Code)
	}
	if w := serve(s, message, header("Authorization", "key-2")); w.Code != 200 {
		t.Errorf("the new key is answered %d", w.Code)
	}
	must(t, s.SetKey("bot-2", "key-3"))
	if w := serve(s, message, both(header("botid", "bot-2"), header("Authorization", "key-2"))); w.Code != 401 {
		t.Errorf("another bot's key is answered %d", w.Code)
	}
	if w := serve(s, message, both(header("botid", "bot-2"), header("Authorization", "key-3"))); w.Code != 200 {
		t.Errorf("the second bot is answered %d", w.Code)
	}
	for _, bad := range []string{"", " key", "key\n", "ke\x00y"} {
		if s.SetKey("bot-1", bad) == nil || s.SetKey(bad, "key") == nil {
			t.Errorf("%q was taken as a key or bot id", bad)
		}
	}
	if s.URL() != "" {
		t.Errorf("URL %q before Start", s.URL())
	}
}

func TestNewReportsEveryProblem(t *testing.T) {
	_, err := fakeapi.New("", "bad\nkey", &fakeapi.Config{BasePath: "x/", MaxBody: -1})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"bot id", "key", "base path", "largest body"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name the %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "bad") {
		t.Errorf("%q shows the key", err)
	}
	if _, err := fakeapi.New("b", "k", &fakeapi.Config{BasePath: "/a?b"}); err == nil {
		t.Error("a query in the base path was accepted")
	}
}
