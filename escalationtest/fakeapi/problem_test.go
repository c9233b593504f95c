package fakeapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func queued(details string) string { return event("escalationQueueUpdate", details) }

// Each problem says what is wrong, where, and what is wanted, in words that can be read without the rest.
func TestProblemsSayWhatIsWanted(t *testing.T) {
	for _, c := range []struct {
		want   string
		body   string
		change func(*http.Request)
	}{
		{`wrong path: "/x"; want "/agent/converse/send-message-to-widget"`, message, func(r *http.Request) { r.URL.Path = "/x" }},
		{`wrong method: "PUT"; want POST`, message, func(r *http.Request) { r.Method = "PUT" }},
		{`header botid is missing`, message, header("botid")},
		{`header botid is empty`, message, header("botid", "")},
		{`header botid is there 2 times`, message, header("botid", "bot-1", "bot-1")},
		{`header botid names no known bot: "bot-2"`, message, header("botid", "bot-2")},
		{`header Authorization is missing`, message, header("Authorization")},
		{`header Authorization is empty`, message, header("Authorization", "")},
		{`header Authorization is there 3 times`, message, header("Authorization", "key-1", "key-1", "key-1")},
		{`header Authorization has the scheme word "Bearer" before the key; the API wants the bare key`, message, header("Authorization", "Bearer key-1")},
		{`header Authorization has the scheme word "toKEN" before the key; the API wants the bare key`, message, header("Authorization", "toKEN  key-1")},
		{`header Authorization has something before the key; the API wants the bare key`, message, header("Authorization", "key-0 key-1")},
		{`header Authorization holds a wrong key`, message, header("Authorization", "key-0")},
		{`header Content-Type is missing; want application/json`, message, header("Content-Type")},
		{`header Content-Type is there 2 times; want application/json`, message, header("Content-Type", "application/json", "text/plain")},
		{`header Content-Type is "text/plain"; want application/json`, message, header("Content-Type", "text/plain")},
		{`header Content-Type has the charset "latin1"; want utf-8, or none`, message, header("Content-Type", "application/json; charset=latin1")},
		{`queuePosition must be a string such as "17", not a number`, queued(`"queuePosition":17`), nil},
		{`waitingTime must be a string such as "3", not a number`, queued(`"waitingTime":1.5e3`), nil},
		{`waitingTime must be a string such as "3", not null; what is not known is left out`, queued(`"waitingTime":null`), nil},
		{`text must be a string, not an array`, event("message", `"text":["secret"]`), nil},
		{`text must be a string, not a number`, event("message", `"text":4711`), nil},
		{`agent must be a string, not an object`, event("escalationSuccess", `"agent":{"name":"Ann"}`), nil},
		{`agent must be a string, not a boolean`, event("escalationSuccess", `"agent":true`), nil},
		{`eventType is "typing", which is none of the five`, event("typing", ""), nil},
		{`agentAvatar must be an absolute URL`, event("escalationSuccess", `"agentAvatar":"/a.png"`), nil},
	} {
		s := newServer(t, nil)
		answer := serve(s, c.body, c.change).Body.String()
		ps := only(t, s).Problems
		if len(ps) != 1 || ps[0].String() != c.want {
			t.Errorf("%v, want %s", ps, c.want)
		}
		if !strings.Contains(strings.ReplaceAll(answer, `\"`, `"`), c.want) {
			t.Errorf("the client is told %s, want %s", answer, c.want)
		}
	}
	// A problem that somebody else made says what it can.
	if got := (fakeapi.Problem{Rule: fakeapi.NotString, Field: "x"}).String(); got != `not a string "x"` {
		t.Error(got)
	}
}

// The chart shows the value at fault, but nothing of a text.
func TestReportShowsWhatIsNoString(t *testing.T) {
	for body, want := range map[string]string{
		queued(`"queuePosition":3,"waitingTime":"12"`):           `escalationQueueUpdate queuePosition=3 waitingTime="12" -> 400`,
		queued(`"waitingTime":null`):                             `escalationQueueUpdate waitingTime=null -> 400`,
		queued(`"queuePosition":{"a":"b"},"waitingTime":["12"]`): `escalationQueueUpdate queuePosition=(an object) waitingTime=(an array) -> 400`,
		queued(`"queuePosition":` + strings.Repeat("1", 100)):    `escalationQueueUpdate queuePosition=(a number) -> 400`,
		queued(`"x\nfinding":false`):                             `escalationQueueUpdate "x\nfinding"=false -> 400`,
		event("message", `"text":4711`):                          `message text=(a number) -> 400`,
		`{"platformConversationId":"c1","eventType":7}`:          `POST "` + fakeapi.Path + `" eventType=7 -> 400`,
	} {
		s := newServer(t, nil)
		serve(s, body, nil)
		_, got, _ := strings.Cut(strings.Split(s.Report("c1"), "\n")[1], "request 1    ")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	s := newServer(t, nil)
	serve(s, `{"platformConversationId":17,"eventType":"escalationFailed"}`, nil)
	if got, want := s.Report(""), "escalationFailed platformConversationId=17 -> 400\n"; !strings.Contains(got, want) {
		t.Errorf("without a conversation:\n%s", got)
	}
}

// Headers that are swapped, or a key that is in both, are no way for a key into what is kept or told.
func TestKeysInThePlaceOfTheBotID(t *testing.T) {
	const none = "names no known bot, and may hold the key; are botid and Authorization swapped?"
	for _, c := range []struct {
		why       string
		bot, auth []string
		want      string // of the first problem
	}{
		{"swapped", []string{"canary-1"}, []string{"bot-1"}, "header botid " + none},
		{"swapped, with a scheme word", []string{"Bearer canary-1"}, []string{"bot-1"}, "header botid " + none},
		{"swapped, with the key of another bot", []string{"canary-2"}, []string{"bot-1"}, "header botid " + none},
		{"swapped, with a key that is none any more", []string{"canary-0"}, []string{"bot-1"}, "header botid " + none},
		{"a key in both", []string{"canary-0"}, []string{"canary-0"}, "header botid " + none},
		{"a key in both, once with a word", []string{"Token:canary-0"}, []string{"canary-0"}, "header botid " + none},
		{"a key and no other header", []string{"canary-1"}, nil, "header botid " + none},
		{"a whole line and no other header", []string{"Authorization: Bearer canary-1"}, nil, "header botid " + none},
		{"twice", []string{"bot-1", "canary-1"}, []string{"bot-1"}, "header botid is there 2 times"},
		{"an old key before the right one", []string{"bot-1"}, []string{"canary-0 canary-1"}, "header Authorization has something before the key; the API wants the bare key"},
	} {
		s, err := fakeapi.New("bot-1", "canary-0", nil)
		must(t, err)
		must(t, s.SetKey("bot-1", "canary-1"))
		must(t, s.SetKey("bot-2", "canary-2"))
		answer := serve(s, message, both(header("botid", c.bot...), header("Authorization", c.auth...)))
		rec := only(t, s)
		if got := rec.Problems[0].String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
		told := fmt.Sprintf("%+v %+v %s %s %s", rec, s.Findings(), answer.Body, s.Bot(rec.BotID).Report("c1"), s.Bot("").Report("c1"))
		if strings.Contains(told, "canary") {
			t.Errorf("%s: a key is in %s", c.why, told)
		}
		must(t, s.Close())
	}
}

// What is not a key is told: a part of another word is none, and a known bot may be called like a key.
func TestBotIDsThatAreNoKeys(t *testing.T) {
	s, err := fakeapi.New("b", "k", nil)
	must(t, err)
	defer s.Close()
	must(t, s.SetKey("twin", "twin"))
	for _, bot := range []string{"kiosk", "desk", "k-1", "twin"} {
		serve(s, message, both(header("botid", bot), header("Authorization", "other")))
		if got := s.Bot(bot).Conversation("c1"); len(got) != 1 || got[0].Header.Get("botid") != bot {
			t.Errorf("%s: %+v", bot, got)
		}
	}
}
