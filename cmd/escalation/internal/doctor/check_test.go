package doctor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/doctor"
)

// brief writes findings as "verdict check: message -> mend", without those that were skipped.
func brief(fs []doctor.Finding) []string {
	var out []string
	for _, f := range fs {
		if f.Verdict == doctor.Skipped && f.Message == "not given, so not looked at" {
			continue
		}
		line := fmt.Sprintf("%v %s: %s", f.Verdict, f.Check, f.Message)
		if f.Mend != "" {
			line += " -> " + f.Mend
		}
		out = append(out, line)
	}
	return out
}

// matches reports whether every line contains all the parts of its expectation, which are divided by " … ".
func matches(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		for part := range strings.SplitSeq(want[i], " … ") {
			if !strings.Contains(got[i], part) {
				return false
			}
		}
	}
	return true
}

func TestCheckBaseURL(t *testing.T) {
	const current = "https://{subdomain}.zendesk.com/ai-agents/api"
	for _, c := range []struct {
		why, url string
		want     []string
	}{
		{"the form of today", "https://my-account.zendesk.com/ai-agents/api", []string{"ok base-url: https://my-account.zendesk.com/ai-agents/api"}},
		{"a slash at the end is cut by the library", "https://my-account.zendesk.com/ai-agents/api/", []string{"ok base-url: https://my-account.zendesk.com/ai-agents/api/"}},
		{"hosts ignore case", "https://MY-ACCOUNT.Zendesk.com/ai-agents/api", []string{"ok base-url"}},
		{"the form of the documentation's older edition", "https://api.ultimate.ai", []string{"warning base-url … deprecated … -> move to " + current}},
		{"the old host with the new path", "https://api.ultimate.ai/ai-agents/api", []string{"warning base-url … deprecated", "wrong base-url: has a path … write https://api.ultimate.ai"}},
		{"the dashboard is not the API", "https://dashboard.ultimate.ai/bot/5f3a", []string{"wrong base-url: is a site of the vendor's own … " + current}},
		{"a host that only looks deprecated", "https://api.notultimate.ai", []string{"ok base-url", "note base-url: is none of the vendor's"}},
		{"a host that only looks like an account", "https://my-account.zendesk.com.example.org/ai-agents/api", []string{"ok base-url", "note base-url: is none of the vendor's"}},
		{"no path", "https://my-account.zendesk.com", []string{"wrong base-url: lacks the path /ai-agents/api -> write https://my-account.zendesk.com/ai-agents/api"}},
		{"the path of another API", "https://my-account.zendesk.com/api/v2", []string{"wrong base-url: has a path … -> write https://my-account.zendesk.com/ai-agents/api"}},
		{"paths do not ignore case", "https://my-account.zendesk.com/AI-agents/api", []string{"wrong base-url: has a path"}},
		{"the whole endpoint", "https://my-account.zendesk.com/ai-agents/api/agent/converse/send-message-to-widget",
			[]string{"wrong base-url: already ends in the path … twice -> write https://my-account.zendesk.com/ai-agents/api"}},
		{"no account", "https://zendesk.com/ai-agents/api", []string{"wrong base-url: names no account"}},
		{"two labels are no account", "https://a.b.zendesk.com/ai-agents/api", []string{"wrong base-url: names no account"}},
		{"the vendor's pages", "https://developer.zendesk.com/ai-agents/api", []string{"wrong base-url: is a site of the vendor's own"}},
		{"as copied from the documentation", "https://{subdomain}.zendesk.com/ai-agents/api", []string{"wrong base-url: still holds a placeholder … " + current}},
		{"a placeholder without braces", "https://yoursubdomain.zendesk.com/ai-agents/api", []string{"wrong base-url: still holds the placeholder"}},
		{"a variable that nobody expanded", "${ESCALATION_URL}", []string{"wrong base-url: still holds a placeholder"}},
		{"the subdomain alone", "my-account", []string{"wrong base-url: is a subdomain, not a URL -> write https://my-account.zendesk.com/ai-agents/api"}},
		{"no scheme", "my-account.zendesk.com/ai-agents/api", []string{"wrong base-url: does not begin with https:// -> write https://my-account.zendesk.com/ai-agents/api"}},
		{"no scheme, and a port that looks like one", "localhost:8137", []string{"wrong base-url: does not begin with https://"}},
		{"another scheme", "ftp://my-account.zendesk.com", []string{"wrong base-url: does not begin with https:// -> write " + current}},
		{"in the open", "http://my-account.zendesk.com/ai-agents/api", []string{"wrong base-url: is refused: http is allowed for loopback hosts only"}},
		{"a line end from a file", "https://my-account.zendesk.com/ai-agents/api\n", []string{"wrong base-url: begins or ends with a space or a line break"}},
		{"in quotes", `"https://my-account.zendesk.com/ai-agents/api"`, []string{"wrong base-url: stands in quotes"}},
		{"a password", "https://me:hunter2@my-account.zendesk.com/ai-agents/api", []string{"wrong base-url: is refused: it holds a user name or password"}},
		{"a query", "https://my-account.zendesk.com/ai-agents/api?x=1", []string{"wrong base-url: is refused: it holds a query"}},
		{"a port that is none", "https://my-account.zendesk.com:99999/ai-agents/api", []string{"wrong base-url: is refused: its port"}},
		{"not a URL", "https://%zz", []string{"wrong base-url: cannot be read as a URL"}},
		{"a sandbox", "http://127.0.0.1:8137", []string{"ok base-url: http://127.0.0.1:8137", "note base-url: is on this machine"}},
		{"a sandbox by name", "http://localhost:8137", []string{"ok base-url", "note base-url: is on this machine"}},
		{"a proxy", "https://proxy.my-account.com/ai", []string{"ok base-url", "note base-url: is none of the vendor's hosts"}},
	} {
		if got := brief(doctor.Check(doctor.Settings{BaseURL: c.url})); !matches(got, c.want) {
			t.Errorf("%s: %s\n%s", c.why, c.url, cmp.Diff(c.want, got))
		}
	}
}

func TestCheckKeyAndBot(t *testing.T) {
	for _, c := range []struct {
		why  string
		s    doctor.Settings
		want []string
	}{
		{"both fine", doctor.Settings{Key: "9f8e7d6c5b", BotID: "5f3a9c"}, []string{"ok key", "ok bot-id"}},
		{"any visible characters, since the form is not documented", doctor.Settings{Key: "a+/=_-.~:{x}"}, []string{"ok key"}},
		{"a scheme word", doctor.Settings{Key: "Bearer 9f8e7d"}, []string{"wrong key: begins with a scheme word … leave the word out"}},
		{"of any case", doctor.Settings{Key: "bAsIc 9f8e7d"}, []string{"wrong key: begins with a scheme word"}},
		{"another word", doctor.Settings{Key: "Secret 9f8e7d"}, []string{"wrong key: holds a space"}},
		{"a key that begins like a scheme word", doctor.Settings{Key: "bearer9f8e"}, []string{"ok key"}},
		{"a whole header", doctor.Settings{Key: "Authorization: Bearer 9f8e7d"}, []string{"wrong key: is a whole header line"}},
		{"a line end from a file", doctor.Settings{Key: "9f8e7d\n"}, []string{"wrong key: ends in a line break … read from a file"}},
		{"of the other kind", doctor.Settings{Key: "9f8e7d\r\n"}, []string{"wrong key: ends in a line break"}},
		{"a control character within", doctor.Settings{Key: "9f\x008e"}, []string{"wrong key: holds a control character at byte 3 of 5"}},
		{"a space before", doctor.Settings{Key: " 9f8e7d"}, []string{"wrong key: begins or ends with a space"}},
		{"a space that nobody sees", doctor.Settings{Key: "9f8e7d\u200b"}, []string{"wrong key: holds a character that is not ASCII at byte 7 of 9"}},
		{"two things at once are both told", doctor.Settings{Key: "Bearer 9f8e7d\n"}, []string{"wrong key: ends in a line break", "wrong key: begins with a scheme word"}},
		{"quotes from a file of settings", doctor.Settings{Key: `"9f8e7d"`}, []string{"wrong key: stands in quotes"}},
		{"a placeholder", doctor.Settings{Key: "<your key>"}, []string{"wrong key: is a placeholder", "wrong key: holds a space"}},
		{"a variable that nobody expanded", doctor.Settings{Key: "$ESCALATION_API_KEY"}, []string{"wrong key: is a placeholder"}},
		{"another placeholder", doctor.Settings{Key: "YOUR_API_KEY"}, []string{"wrong key: is a placeholder"}},
		{"what a script makes of nothing", doctor.Settings{Key: "undefined"}, []string{"wrong key: is a placeholder"}},
		{"one value twice", doctor.Settings{Key: "5f3a", BotID: "5f3a"}, []string{"wrong key: is the same as the bot id", "ok bot-id"}},
		{"one value for two settings", doctor.Settings{Key: "5f3a", Secret: "5f3a"}, []string{"warning key: is the same as the webhook secret", "ok secret"}},
		{"the bot's address", doctor.Settings{BotID: "https://dashboard.example/bots/5f3a"}, []string{"wrong bot-id: is a URL or a path"}},
		{"the bot's name", doctor.Settings{BotID: "Support bot"}, []string{"wrong bot-id: holds a space … looks like the bot's name"}},
		{"a whole header", doctor.Settings{BotID: "botid: 5f3a"}, []string{"wrong bot-id: is a whole header line"}},
		{"a tab at the end", doctor.Settings{BotID: "5f3a\t"}, []string{"wrong bot-id: ends in a line break or a tab"}},
		{"a secret that a header carries", doctor.Settings{Secret: "s\n", SecretInHeader: true}, []string{"wrong secret: ends in a line break"}},
		{"a secret that only signs is any bytes", doctor.Settings{Secret: "s\n"}, []string{"warning secret: begins or ends with a space or a line break"}},
		{"a secret may hold spaces", doctor.Settings{Secret: "Bearer s", SecretInHeader: true}, []string{"ok secret"}},
		{"a placeholder for a secret", doctor.Settings{Secret: "change-me"}, []string{"wrong secret: is a placeholder"}},
		{"told once", doctor.Settings{Secret: "change-me", SecretInHeader: true}, []string{"wrong secret: is a placeholder"}},
	} {
		if got := brief(doctor.Check(c.s)); !matches(got, c.want) {
			t.Errorf("%s: %+v\n%s", c.why, c.s, cmp.Diff(c.want, got))
		}
	}
}

func TestCheckWebhookURL(t *testing.T) {
	for _, c := range []struct {
		why, url string
		want     []string
	}{
		{"fine", "https://crm.my-account.com/webhook", []string{"ok webhook-url: https://crm.my-account.com/webhook"}},
		{"a query may be a secret", "https://crm.my-account.com/webhook?token=t0ps3cret", []string{"ok webhook-url: https://crm.my-account.com/webhook?token=…"}},
		{"in the open", "http://crm.my-account.com/webhook", []string{"wrong webhook-url: is plain http"}},
		{"on this machine", "http://127.0.0.1:3000/webhook", []string{"ok webhook-url", "note webhook-url: is on this machine"}},
		{"on this machine, version 6", "http://[::1]:3000/webhook", []string{"ok webhook-url", "note webhook-url: is on this machine"}},
		{"every address is none to call", "https://0.0.0.0/webhook", []string{"warning webhook-url: is in a private network"}},
		{"a private address", "https://192.168.1.10/webhook", []string{"warning webhook-url: is in a private network … tunnel"}},
		{"a private name", "https://crm.internal/webhook", []string{"warning webhook-url: is in a private network"}},
		{"one word", "https://crm/webhook", []string{"warning webhook-url: is in a private network"}},
		{"the vendor's host", "https://my-account.zendesk.com/webhook", []string{"warning webhook-url: is a host of the vendor's"}},
		{"a fragment", "https://crm.my-account.com/#/webhook", []string{"wrong webhook-url: holds a fragment"}},
		{"a password", "https://me:hunter2@crm.my-account.com/webhook", []string{"warning webhook-url: holds a user name"}},
		{"a port that is none", "https://crm.my-account.com:99999/webhook", []string{"wrong webhook-url: has a port"}},
		{"no host", "https:///webhook", []string{"wrong webhook-url: names no host"}},
		{"no scheme", "crm.my-account.com/webhook", []string{"wrong webhook-url: does not begin with https:// -> write https://crm.my-account.com/webhook"}},
		{"no scheme, and a query that is not repeated", "crm.my-account.com/webhook?token=t0ps3cret", []string{"wrong webhook-url: does not begin with https://"}},
		{"a placeholder", "https://<host>/webhook", []string{"wrong webhook-url: still holds a placeholder"}},
		{"a space behind", "https://crm.my-account.com/webhook ", []string{"wrong webhook-url: begins or ends with a space"}},
	} {
		if got := brief(doctor.Check(doctor.Settings{WebhookURL: c.url})); !matches(got, c.want) {
			t.Errorf("%s: %s\n%s", c.why, c.url, cmp.Diff(c.want, got))
		}
	}
}

func TestEverySettingIsSpokenOf(t *testing.T) {
	var got []string
	for _, f := range doctor.Check(doctor.Settings{}) {
		got = append(got, f.Verdict.String()+" "+f.Check)
	}
	want := []string{"skipped base-url", "skipped key", "skipped bot-id", "skipped webhook-url", "skipped secret"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoSecretIsRepeated(t *testing.T) {
	const mark = "canary7f"
	for _, form := range []string{mark, "Bearer " + mark, mark + "\n", `"` + mark + `"`, "<" + mark + ">", "Authorization: " + mark, "$" + mark, mark + "é"} {
		fs := doctor.Check(doctor.Settings{Key: form, Secret: form, SecretInHeader: true})
		fs = append(fs, doctor.Check(doctor.Settings{Key: form, BotID: "b", Secret: form})...)
		for _, url := range []string{
			"https://me:" + form + "@my-account.zendesk.com/ai-agents/api", "https://" + form + "@127.0.0.1/x", "me:" + form + "@my-account.zendesk.com",
			"my-account.zendesk.com?" + form, "https://my-account.com/?token=" + form, "https://my-account.com/?" + form, "https://my-account.com/#" + form,
		} {
			fs = append(fs, doctor.Check(doctor.Settings{BaseURL: url, WebhookURL: url})...)
		}
		for _, f := range fs {
			if text := fmt.Sprint(f); strings.Contains(text, mark) {
				t.Errorf("with %q: %s", form, text)
			}
		}
	}
}
