package rules

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/escalationkit/escalation/events"
)

// AvatarHTTPS demands that an agent's picture is an absolute https address without user name or
// password. Part of both presets.
func AvatarHTTPS() Rule {
	return Rule{
		ID: "avatar-https", Summary: "agentAvatar is an absolute https URL without user information",
		Basis: events.Inferred, Source: events.SourceReference,
		Kinds: events.NewKindSet(events.KindEscalationSuccess),
		Check: func(_ Facts, e events.Outbound) error {
			success, _ := e.(events.EscalationSuccess)
			return checkAvatar(success.AgentAvatar)
		},
	}
}

func checkAvatar(avatar string) error {
	if avatar == "" {
		return nil
	}
	u, err := url.Parse(avatar)
	switch {
	case err != nil:
		return errors.New("agentAvatar is not a URL") // the parser's own error repeats the value
	case u.Scheme != "https" || u.Hostname() == "":
		return errors.New("agentAvatar is not an absolute https URL")
	case u.User != nil:
		return errors.New("agentAvatar carries user information")
	case strings.Contains(u.Host, "%"): // a zone is an interface of one machine; browsers refuse both
		return errors.New("agentAvatar has a zone or a per cent sign in its host")
	case strings.ContainsFunc(avatar, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errors.New("agentAvatar holds white space or a control character")
	}
	return nil
}

// QueuePositionPositive demands that a place in the queue is a whole number from 1, in plain digits.
// Part of both presets.
func QueuePositionPositive() Rule {
	return Rule{
		ID: "queue-position-positive", Summary: "queuePosition is a whole number from 1 in plain digits",
		Basis: events.Inferred, Source: events.SourceGuide,
		Kinds: queueUpdates,
		Check: func(_ Facts, e events.Outbound) error {
			update, _ := e.(events.EscalationQueueUpdate)
			if n, ok := wholeNumber(update.QueuePosition); update.QueuePosition != "" && (!ok || n == 0) {
				return errors.New("queuePosition is not a whole number from 1")
			}
			return nil
		},
	}
}

// WaitingTimeWhole demands that a waiting time is a whole number of minutes, in plain digits. Part of
// both presets.
func WaitingTimeWhole() Rule {
	return Rule{
		ID: "waiting-time-whole", Summary: "waitingTime is a whole number of minutes in plain digits",
		Basis: events.Inferred, Source: events.SourceGuide,
		Kinds: queueUpdates,
		Check: func(_ Facts, e events.Outbound) error {
			update, _ := e.(events.EscalationQueueUpdate)
			if _, ok := wholeNumber(update.WaitingTime); update.WaitingTime != "" && !ok {
				return errors.New("waitingTime is not a whole number of minutes")
			}
			return nil
		},
	}
}

// QueuePositionMayNotGrow demands that within a round the visitor never moves back in the queue. Updates
// without a position are passed over. In no preset.
func QueuePositionMayNotGrow() Rule {
	return Rule{
		ID: "queue-position-may-not-grow", Summary: "queuePosition does not grow within a round",
		Basis: events.Undocumented,
		Kinds: queueUpdates,
		Check: func(f Facts, e events.Outbound) error {
			update, _ := e.(events.EscalationQueueUpdate)
			now, ok := wholeNumber(update.QueuePosition)
			last := f.LastUpdate.QueuePosition
			if last == "" {
				last = f.LastPosition
			}
			before, had := wholeNumber(last)
			if ok && had && now > before {
				return errors.New("queuePosition is greater than in the update before")
			}
			return nil
		},
	}
}

// AgentRequired demands that escalationSuccess names the agent. In no preset.
func AgentRequired() Rule {
	return Rule{
		ID: "agent-required", Summary: "escalationSuccess names the agent",
		Basis: events.Undocumented,
		Kinds: events.NewKindSet(events.KindEscalationSuccess),
		Check: func(_ Facts, e events.Outbound) error {
			if success, _ := e.(events.EscalationSuccess); strings.TrimSpace(success.Agent) == "" {
				return errors.New("agent is missing")
			}
			return nil
		},
	}
}

// MaxTextLength demands that a message has at most the given number of characters (Unicode code
// points), a number from 1. In no preset.
func MaxTextLength(runes int) Rule {
	r := Rule{
		ID: "text-length", Summary: fmt.Sprintf("text has at most %d characters", runes),
		Basis: events.Undocumented,
		Kinds: events.NewKindSet(events.KindMessage),
		Check: func(_ Facts, e events.Outbound) error {
			message, _ := e.(events.Message)
			if n := utf8.RuneCountInString(message.Text); n > runes {
				return fmt.Errorf("text has %d characters, more than %d", n, runes)
			}
			return nil
		},
	}
	if runes < 1 {
		r.Check = nil // for New to refuse
	}
	return r
}

// MinUpdateGap demands a pause, longer than zero, between two queue updates of a round. A clock that went
// back counts as no pause at all. In no preset.
func MinUpdateGap(gap time.Duration) Rule {
	r := Rule{
		ID: "queue-update-gap", Summary: fmt.Sprintf("queue updates of a round are at least %v apart", gap),
		Basis: events.Undocumented,
		Kinds: queueUpdates,
		Check: func(f Facts, _ events.Outbound) error {
			if f.LastUpdateAt.IsZero() {
				return nil
			}
			if since := max(f.Now.Sub(f.LastUpdateAt), 0); since < gap {
				return fmt.Errorf("the update before was %v ago, less than %v", since, gap)
			}
			return nil
		},
	}
	if gap <= 0 {
		r.Check = nil // for New to refuse
	}
	return r
}

// UpdateChanges demands that a queue update says something else than the one before it in the round. In
// no preset.
func UpdateChanges() Rule {
	return Rule{
		ID: "queue-update-unchanged", Summary: "a queue update differs from the one before it in the round",
		Basis: events.Undocumented,
		Kinds: queueUpdates,
		Check: func(f Facts, e events.Outbound) error {
			update, _ := e.(events.EscalationQueueUpdate)
			if !f.LastUpdateAt.IsZero() && update == f.LastUpdate {
				return errors.New("the update says what the one before said")
			}
			return nil
		},
	}
}

var queueUpdates = events.NewKindSet(events.KindEscalationQueueUpdate)

// wholeNumber reads plain ASCII digits: no sign, space, point or leading zero (but "0" itself).
func wholeNumber(s string) (n uint64, ok bool) {
	if s == "" || (len(s) > 1 && s[0] == '0') || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil
}
