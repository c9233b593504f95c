package oracle

import (
	"regexp"
	"sync"
)

// Language is the set of words that make a legal round: the default one, or one widened by a
// combination of the two options, joined with |.
type Language uint8

// Default is the language with neither option.
const Default Language = 0

const (
	// AgentTransfer adds a further S while an agent is connected.
	AgentTransfer Language = 1 << iota
	// BackToQueue adds a Q while an agent is connected, which leads back to waiting.
	BackToQueue
)

// grammar is a language spelt out. Every form is anchored at both ends.
type grammar struct {
	round     *regexp.Regexp // a whole round, from its opening to F or D
	queued    *regexp.Regexp // the visitor waits
	connected *regexp.Regexp // an agent is there
	failed    *regexp.Regexp
	ended     *regexp.Regexp
}

// grammars holds one entry for each Language.
var grammars = [...]grammar{
	Default: {
		round:     regexp.MustCompile(`^Q*(F|SM*D)$`),
		queued:    regexp.MustCompile(`^Q+$`),
		connected: regexp.MustCompile(`^Q*SM*$`),
		failed:    regexp.MustCompile(`^Q*F$`),
		ended:     regexp.MustCompile(`^Q*SM*D$`),
	},
	AgentTransfer: {
		round:     regexp.MustCompile(`^Q*(F|S[MS]*D)$`),
		queued:    regexp.MustCompile(`^Q+$`),
		connected: regexp.MustCompile(`^Q*S[MS]*$`),
		failed:    regexp.MustCompile(`^Q*F$`),
		ended:     regexp.MustCompile(`^Q*S[MS]*D$`),
	},
	BackToQueue: {
		round:     regexp.MustCompile(`^Q*(SM*Q+)*(F|SM*D)$`),
		queued:    regexp.MustCompile(`^Q*(SM*Q+)+$|^Q+$`),
		connected: regexp.MustCompile(`^Q*(SM*Q+)*SM*$`),
		failed:    regexp.MustCompile(`^Q*(SM*Q+)*F$`),
		ended:     regexp.MustCompile(`^Q*(SM*Q+)*SM*D$`),
	},
	AgentTransfer | BackToQueue: {
		round:     regexp.MustCompile(`^Q*(S[MS]*Q+)*(F|S[MS]*D)$`),
		queued:    regexp.MustCompile(`^Q*(S[MS]*Q+)+$|^Q+$`),
		connected: regexp.MustCompile(`^Q*(S[MS]*Q+)*S[MS]*$`),
		failed:    regexp.MustCompile(`^Q*(S[MS]*Q+)*F$`),
		ended:     regexp.MustCompile(`^Q*(S[MS]*Q+)*S[MS]*D$`),
	},
}

// endings complete every prefix of a whole round in at least one way.
var endings = []string{"", "F", "D", "SD"}

// reading is what a language says about a word.
type reading struct {
	legal bool   // the word is a prefix of a whole round
	whole bool   // the word is a whole round
	state string // empty if the word is not legal
}

// read judges a word by the regular expressions. Short words are remembered: exhaustive walks ask
// about the same few millions of times.
func (l Language) read(word string) reading {
	type question struct {
		Language
		word string
	}
	const short = 8
	if len(word) > short {
		return l.judge(word)
	}
	if known, ok := readings.Load(question{l, word}); ok {
		return known.(reading)
	}
	r := l.judge(word)
	readings.Store(question{l, word}, r)
	return r
}

var readings sync.Map

func (l Language) judge(word string) reading {
	if int(l) >= len(grammars) {
		return reading{}
	}
	g := &grammars[l]
	for _, ending := range endings {
		if g.round.MatchString(word + ending) {
			return reading{legal: true, whole: g.round.MatchString(word), state: g.state(word)}
		}
	}
	return reading{}
}

func (g *grammar) state(word string) string {
	switch {
	case word == "":
		return "pending"
	case g.queued.MatchString(word):
		return "queued"
	case g.connected.MatchString(word):
		return "connected"
	case g.failed.MatchString(word):
		return "failed"
	case g.ended.MatchString(word):
		return "ended"
	}
	return ""
}
