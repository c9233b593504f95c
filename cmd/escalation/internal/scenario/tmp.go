package scenario

import (
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

type tmpFinding struct {
	Rule, ConversationID, Detail string
	N                            int
	Unavoidable, Drift           bool
}

func platformFindings(s *fakeapi.Server) []tmpFinding {
	var out []tmpFinding
	for _, rec := range s.Requests() {
		for _, p := range rec.Problems {
			out = append(out, tmpFinding{p.ID(), rec.ConversationID, p.String(), rec.N, false, p.Rule.Drift()})
		}
	}
	for _, v := range s.Violations() {
		out = append(out, tmpFinding{v.Rule(), v.ConversationID, v.String(), v.N, v.Repeat || v.Crossed, false})
	}
	return out
}

func platformReport(s *fakeapi.Server, id string) string { return "" }

func (r *run) unleash() error { return nil }
func (r *run) calm()          {}
