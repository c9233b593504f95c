package transporttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/transport"
)

const testKey = "key-91af20cc"

// memory is an honest transport to a remote in memory; the broken ones below bend it.
type memory struct {
	mu        sync.Mutex
	behaviour Behaviour
	log       Log
	gone      chan struct{} // closed when the remote goes away for good
}

func newMemory() *memory { return &memory{gone: make(chan struct{})} }

func (m *memory) arrange(b Behaviour) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.behaviour = b
}

func (m *memory) now() Behaviour {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.behaviour
}

func (m *memory) Send(ctx context.Context, req transport.Request) transport.Result {
	if err := ctx.Err(); err != nil {
		return transport.Result{Class: transport.NotSent, Err: err}
	}
	b := m.now()
	if b == Unreachable {
		return transport.Result{Class: transport.NotSent, Err: errors.New("no route")}
	}
	m.log.Add(Received{BotID: req.BotID, ConversationID: req.ConversationID, Body: req.Body})
	switch b {
	case RefuseScope:
		return transport.Result{Class: transport.RefusedScope, Err: errors.New("bad key")}
	case RefuseLater:
		return transport.Result{Class: transport.RefusedLater, RetryAfter: time.Second, Err: errors.New("busy")}
	case Reject:
		return transport.Result{Class: transport.Rejected, Err: errors.New("bad body")}
	case Break:
		return transport.Result{Class: transport.Unknown, Err: errors.New("cut off")}
	case Stall:
		select {
		case <-ctx.Done():
			return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
		case <-m.gone:
			return transport.Result{Class: transport.Unknown, Err: errors.New("cut off")}
		}
	}
	return transport.Result{Class: transport.Acknowledged}
}

// bent is a transport made of a function over an honest one.
type bent struct {
	*memory
	send sendFunc
}

func (b bent) Send(ctx context.Context, req transport.Request) transport.Result {
	return b.send(b.memory, ctx, req)
}

// blamed runs the whole suite against a transport and returns the clauses of its failures. Time is
// the bubble's, so patience costs nothing.
func blamed(t *testing.T, fresh func() sendFunc) map[string][]string {
	t.Helper()
	clauses := make(map[string][]string)
	for _, tc := range cases() {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			rec := &recorded{}
			tc.run(newCheck(rec, Subject{
				Transport: bent{m, fresh()}, Arrange: m.arrange, Log: &m.log, Secrets: []string{testKey},
			}, 0))
			close(m.gone)
			synctest.Wait()
			for _, text := range rec.texts {
				found := clausePattern.FindStringSubmatch(text)
				if found == nil {
					t.Fatalf("%s: a failure does not begin with its clause: %s", tc.name, text)
				}
				clauses[found[1]] = append(clauses[found[1]], tc.name+": "+text)
			}
		})
	}
	return clauses
}

var clausePattern = regexp.MustCompile(`^\[(T(?:10|[1-9]))\] `)

// recorded is a reporter that remembers.
type recorded struct {
	mu    sync.Mutex
	texts []string
}

func (r *recorded) Helper() {}

func (r *recorded) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, fmt.Sprintf(format, args...))
}

func TestHonestTransportIsBlamedForNothing(t *testing.T) {
	if got := blamed(t, func() sendFunc { return (*memory).Send }); len(got) > 0 {
		t.Errorf("blamed for %v", got)
	}
}

func TestRun(t *testing.T) {
	Run(t, Harness{Open: func(testing.TB) Subject {
		m := newMemory()
		return Subject{Transport: m, Arrange: m.arrange, Log: &m.log}
	}})
}

func TestDeclaredInabilitySkipsWithItsReason(t *testing.T) {
	var opened int
	passed := t.Run("suite", func(t *testing.T) {
		Run(t, Harness{
			Open: func(testing.TB) Subject {
				opened++
				m := newMemory()
				return Subject{Transport: m, Arrange: func(b Behaviour) {
					if b == Stall || b == Reject {
						t.Errorf("the remote was told to %v, which it cannot", b)
					}
					m.arrange(b)
				}, Log: &m.log}
			},
			Cannot: map[Behaviour]string{Stall: "a queue has no silence", Reject: "a queue takes everything"},
		})
	})
	if want := len(cases()) - 3; !passed || opened != want {
		t.Errorf("%d cases ran, want %d: three need what was declared impossible", opened, want)
	}
}

// TestBrokenTransports: each transport breaks one clause, and the suite must name it first of all.
func TestBrokenTransports(t *testing.T) {
	for _, tc := range brokenTransports() {
		t.Run(tc.name, func(t *testing.T) {
			got := blamed(t, tc.send)
			clauses := slices.Sorted(maps.Keys(got))
			if !slices.Equal(clauses, tc.want) {
				t.Errorf("blamed for %v, want %v (%s)", clauses, tc.want, tc.why)
				for _, texts := range got {
					t.Log(strings.Join(texts, "\n"))
				}
			}
		})
	}
}
