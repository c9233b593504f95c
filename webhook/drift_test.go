package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/webhook"
)

func TestDrift(t *testing.T) {
	log, out := logger()
	var told [][]string
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{Logger: log,
		OnDrift: func(_ context.Context, fields []string) { told = append(told, fields) }}))(t)
	with := func(outer, inner string) *http.Request {
		return post(`{` + outer + `"botId":"b","data":{` + inner + `"platformConversationId":"c","eventType":"widgetEndSession"}}`)
	}
	serve(h, with(``, ``))
	serve(h, with(`"v":2,`, `"mood":"canary-value",`))
	serve(h, with(`"v":3,`, ``))
	serve(h, with(``, `"v":4,`))
	serve(h, post(foreignBodies["sendMessage"]))                       // other fields are no news there
	serve(h, post(`{"botId":"b","data":{"type":"widgetEndSession"}}`)) // renamed: refused, and worth a word
	if diff := cmp.Diff([][]string{{"v", "data.mood"}, {"v"}, {"data.v"}, {"data.type"}}, told); diff != "" {
		t.Errorf("OnDrift was told (-want +got):\n%s", diff)
	}
	for _, name := range []string{"field=v", "field=data.mood", "field=data.v", "field=data.type"} {
		if n := strings.Count(out.String(), name+"\n"); n != 1 {
			t.Errorf("%s stands %d times in the log, want once", name, n)
		}
	}
	if strings.Contains(out.String(), "canary") {
		t.Error("a value was logged")
	}
}

// An event that was renamed must not vanish without a word; those of the Chat API may.
func TestUnknownEventTypesAreWarnedOfOnce(t *testing.T) {
	log, out := logger()
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{Logger: log}))(t)
	for _, name := range []string{"widgetEscalateV2", "sendMessage", "escalate", "isTeamOnline", "widgetEscalateV2"} {
		if res, _ := serve(h, post(`{"botId":"b","data":{"platformConversationId":"c","eventType":"`+name+`"}}`)); res.StatusCode != 200 {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	if n := strings.Count(out.String(), "unknown event type"); n != 1 {
		t.Errorf("warned %d times, want once for widgetEscalateV2:\n%s", n, out)
	}
}

// Whoever sends ever new names can fill neither the memory nor the log.
func TestDriftIsBounded(t *testing.T) {
	log, out := logger()
	calls := 0
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{Logger: log,
		OnDrift: func(_ context.Context, fields []string) { calls++ }}))(t)
	for i := range 500 {
		name := fmt.Sprintf("n%d-%s", i, strings.Repeat("é", 500))
		if res, _ := serve(h, post(`{"`+name+`":1,`+bodyEnd[1:])); res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
	}
	if n := strings.Count(out.String(), "unknown field;"); n != 64 {
		t.Errorf("%d names logged, want 64", n)
	}
	if n := strings.Count(out.String(), "no longer logged"); n != 1 {
		t.Errorf("the end was announced %d times, want once", n)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 300 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if calls != 500 {
		t.Errorf("OnDrift was called %d times, want 500", calls)
	}
}

func TestUnverifiedDriftIsNotReported(t *testing.T) {
	log, out := logger()
	v := must(webhook.SharedSecret(secretHeader, "alpha"))(t)
	h := must(webhook.NewHandler(&recorder{}, v, &webhook.Config{Logger: log,
		OnDrift: func(context.Context, []string) { t.Error("OnDrift was called") }}))(t)
	serve(h, post(`{"new":1,`+bodyEnd[1:]))
	if strings.Contains(out.String(), "new") {
		t.Errorf("log: %s", out)
	}
}
