package doctor

import "slices"

// Verdict says how much a finding matters. The zero Verdict is none.
type Verdict uint8

// The verdicts.
const (
	// OK: nothing speaks against it.
	OK Verdict = iota + 1
	// Skipped: it was not looked at.
	Skipped
	// Note: worth knowing.
	Note
	// Warning: it may work, but not for sure or not for long.
	Warning
	// Wrong: it cannot work.
	Wrong
)

var verdictNames = [...]string{"", "ok", "skipped", "note", "warning", "wrong"}

// String returns the verdict in one word.
func (v Verdict) String() string {
	if int(v) >= len(verdictNames) {
		return "unknown"
	}
	return verdictNames[v]
}

// The checks.
const (
	BaseURL    = "base-url"
	Key        = "key"
	BotID      = "bot-id"
	WebhookURL = "webhook-url"
	Secret     = "secret"
	API        = "api"     // the probe
	Webhook    = "webhook" // the probe
)

// A Finding is what one check found.
type Finding struct {
	Check   string
	Verdict Verdict
	Message string
	Mend    string // what to do about it, or empty
}

// Settings are what is looked at; an empty one is not given.
type Settings struct {
	BaseURL, Key, BotID string // with these a CRM calls the API
	WebhookURL, Secret  string // with these it is called
	// SecretInHeader: the secret itself stands in a header, and not only what was made with it.
	SecretInHeader bool
}

// Check looks at every setting without asking anybody.
func Check(s Settings) []Finding {
	return slices.Concat(
		checkBaseURL(s.BaseURL),
		checkKey(s),
		checkBotID(s.BotID),
		checkWebhookURL(s.WebhookURL),
		checkSecret(s),
	)
}

// Worst returns the gravest verdict.
func Worst(fs []Finding) Verdict {
	var worst Verdict
	for _, f := range fs {
		worst = max(worst, f.Verdict)
	}
	return worst
}

// obstacle says why a probe cannot be made that needs these checks, or nothing.
func obstacle(fs []Finding, needed ...string) string {
	for _, f := range fs {
		switch {
		case !slices.Contains(needed, f.Check):
		case f.Verdict == Wrong:
			return f.Check + " is wrong"
		case f.Verdict == Skipped && f.Check != Secret: // without a secret nothing is signed
			return f.Check + " is not given"
		}
	}
	return ""
}

// found gathers the findings of one check.
type found struct {
	check string
	list  []Finding
}

func (f *found) add(v Verdict, message, mend string) {
	f.list = append(f.list, Finding{f.check, v, message, mend})
}

// or returns the findings, or that all is well.
func (f *found) or(message string) []Finding {
	if Worst(f.list) < Warning {
		f.list = append([]Finding{{f.check, OK, message, ""}}, f.list...)
	}
	return f.list
}

func skipped(check, mend string) []Finding {
	return []Finding{{check, Skipped, "not given, so not looked at", mend}}
}
