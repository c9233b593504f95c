package sandbox

import (
	"context"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// RunScript plays Config.Script, with conversation ids that no earlier run has used. tell is told what somebody has to do
// where the CRM under test has no desk.
func (s *Sandbox) RunScript(ctx context.Context, tell func(string)) (scenario.Outcome, error) {
	opts := &scenario.Options{Watch: s.watch, Prefix: newConversationID(), Tell: tell}
	if s.demo != nil {
		opts.SetKey = s.setKey
	} else {
		opts.KindsOnly = s.desk == nil
	}
	return scenario.Run(ctx, s.platform, s.desk, s.cfg.Script, opts)
}

func (c *Config) scriptName() string {
	if c.Script == nil {
		return ""
	}
	return c.Script.Name
}
