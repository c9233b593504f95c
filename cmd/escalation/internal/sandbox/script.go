package sandbox

import (
	"context"
	"fmt"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// scriptView is what the page knows of the script. It is replaced, never changed.
type scriptView struct {
	Seq     int64    `json:"seq"`
	Name    string   `json:"name"`
	Status  string   `json:"status"`  // waiting, playing, passed or failed
	Reasons []string `json:"reasons"` // for which it failed, at most mostReasons
}

// mostReasons bounds the reasons that the page is told. The terminal has them all.
const mostReasons = 20

// RunScript plays Config.Script, with conversation ids that no earlier run has used, and tells the page how it goes. tell is told
// what somebody has to do where the CRM under test has no desk.
func (s *Sandbox) RunScript(ctx context.Context, tell func(string)) (scenario.Outcome, error) {
	opts := &scenario.Options{Watch: s.watch, Prefix: newConversationID(), Tell: tell}
	if s.demo != nil {
		opts.SetKey = s.setKey
	} else {
		opts.KindsOnly = s.desk == nil
	}
	name := s.cfg.Script.Name
	s.book.setScript(scriptView{Name: name, Status: "playing", Reasons: []string{}})
	outcome, err := scenario.Run(ctx, s.platform, s.desk, s.cfg.Script, opts)
	s.book.setScript(verdict(name, outcome, err))
	return outcome, err
}

// verdict says what came of the script.
func verdict(name string, outcome scenario.Outcome, err error) scriptView {
	v := scriptView{Name: name, Status: "passed", Reasons: []string{}}
	if err != nil {
		v.Status, v.Reasons = "failed", []string{err.Error()}
		return v
	}
	for i, r := range outcome.Reasons {
		v.Status = "failed"
		if left := len(outcome.Reasons) - i; i == mostReasons-1 && left > 1 {
			v.Reasons = append(v.Reasons, fmt.Sprintf("%d more, which the terminal shows", left))
			break
		}
		text := r.String()
		if r.Conversation != "" {
			text = r.Conversation + ": " + text
		}
		v.Reasons = append(v.Reasons, text)
	}
	return v
}
