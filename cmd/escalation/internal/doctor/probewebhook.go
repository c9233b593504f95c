package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

const (
	probeEvent        = "escalationDoctorProbe" // no event of this API, nor of the Chat API that may share the URL
	probeConversation = "escalation-doctor"
	// slow is when an answer is late enough to say so: the vendor documents no time limit, and asks to be acknowledged first.
	slow = 3 * time.Second
)

// probeBody is a webhook of an event that nobody has heard of.
func probeBody(botID string) []byte {
	if botID == "" {
		botID = "escalation-doctor"
	}
	body, _ := json.Marshal(map[string]any{ // cannot fail: strings only
		"botId":   botID,
		"channel": "chat",
		"data":    map[string]string{"platformConversationId": probeConversation, "eventType": probeEvent},
	})
	return body
}

// ProbeWebhook posts an event of an unknown name to the webhook: unsigned, to see it refused, if sign is not nil, and
// then as sign says. checked is what [Check] found; with a URL that is missing or wrong, or a wrong secret, nothing is sent.
//
// It shows that the URL can be reached from this machine, that TLS is in order, and that secret or signature are
// accepted. It does not show that the platform reaches it, nor that the CRM takes the events it should.
func ProbeWebhook(ctx context.Context, s Settings, checked []Finding, sign func(http.Header, []byte), sender *post.Sender) []Finding {
	f := &found{check: Webhook}
	if why := obstacle(checked, WebhookURL, Secret); why != "" {
		f.add(Skipped, "not asked: "+why, "")
		return f.list
	}
	body := probeBody(s.BotID)
	if sign != nil {
		a, err := sender.Post(ctx, s.WebhookURL, nil, body)
		if err != nil {
			return f.unreachable(err)
		}
		if a.OK() {
			f.add(Warning, fmt.Sprintf("answers %d to a webhook without secret or signature: anybody who finds the URL can speak for visitors", a.Status),
				"let the CRM refuse what is not authenticated")
		}
	}
	h := http.Header{}
	if sign != nil {
		sign(h, body)
	}
	a, err := sender.Post(ctx, s.WebhookURL, h, body)
	if err != nil {
		return f.unreachable(err)
	}
	judgeWebhook(f, a, sign != nil)
	if a.Took > slow {
		f.add(Warning, fmt.Sprintf("took %v to answer", a.Took.Round(time.Millisecond)), "answer 200 first and work afterwards: how long the platform waits is not documented")
	}
	return f.list
}

// unreachable tells a CRM that is not there from one that hangs, and from one that breaks.
func (f *found) unreachable(err error) []Finding {
	failure, ok := errors.AsType[*post.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.add(Wrong, err.Error(), "let the CRM answer 200 first and work afterwards; if it never hears of the call, look for a firewall")
	case ok && failure.HungUp():
		f.add(Wrong, err.Error(), "look into the CRM's log: it may have crashed on the probe, an event that it does not know; if the log is silent, look at what stands before the CRM")
	default:
		f.add(Wrong, "cannot be reached: "+err.Error(), "start the CRM, or correct the URL")
	}
	return f.list
}

func judgeWebhook(f *found, a post.Answer, signed bool) {
	switch {
	case a.OK() && html(a):
		f.add(Warning, fmt.Sprintf("answers %d with an HTML page, as a login or a warning page of a tunnel does", a.Status), "make sure that the CRM itself answers there")
	case a.OK():
		f.add(OK, fmt.Sprintf("answers %d in %v from this machine (whether the platform reaches it, only the platform can tell)", a.Status, a.Took.Round(time.Millisecond)), "")
	case a.Status/100 == 3:
		f.add(Wrong, fmt.Sprintf("answers %d and sends callers elsewhere%s", a.Status, location(a)), "give the platform the final URL: nothing says that it follows a redirect")
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		mend := "give --secret and --secret-header or --signature-header, if the CRM wants them"
		if signed {
			mend = "compare secret, header and encoding with what the CRM expects"
		}
		f.add(Wrong, fmt.Sprintf("answers %d: it does not accept who is calling", a.Status), mend)
	case a.Status == http.StatusNotFound || a.Status == http.StatusGone:
		f.add(Wrong, fmt.Sprintf("answers %d: there is nothing at this path", a.Status), "correct the path")
	case a.Status == http.StatusMethodNotAllowed:
		f.add(Wrong, "answers 405: this path takes no POST", "correct the path")
	case a.Status == http.StatusTooManyRequests:
		f.add(Warning, "answers 429: it limits how often it is called", "let it take whatever the platform sends: nothing says that a webhook comes a second time")
	case a.Status/100 == 4:
		f.add(Warning, fmt.Sprintf("is reached, but answers %d to an event it does not know", a.Status),
			"answer 200 to what you do not know: the vendor may send events of other APIs to the same URL")
	case a.Status/100 == 5:
		f.add(Wrong, fmt.Sprintf("answers %d: the CRM, or a proxy in front of it, is broken", a.Status), "look into its log")
	default:
		f.add(Warning, fmt.Sprintf("answers %d, which is no plain answer", a.Status), "answer 200")
	}
}
