package integration_test

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// Everything that must not be printed holds this word; ids hold another.
const (
	mark    = "canary"
	markKey = "canary-key"
	text    = "canary, my card number is 4111"
	idMark  = "parakeet"
)

// lockedBuffer collects what several goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestNothingPrivateIsPrinted lets everything fail that can fail, in both directions, and searches the log of
// all parts, every error and every object of the library, printed in every way, for keys, secrets and texts.
// Left out are the values that are the content itself: events, bodies, escalation.Inbound.
func TestNothingPrivateIsPrinted(t *testing.T) {
	for _, logIDs := range []bool{false, true} {
		logged, logger := captureLogs(t)
		var seen printout
		var s *stack
		s = newStack(t, setup{
			log:      logger,
			provider: &vault{current: httptransport.NewSecret(markKey), refresh: shut},
			client: escalation.Config{
				Rules: must(rules.Strict(rules.MaxTextLength(1000), rules.AgentRequired()))(t), LogConversationIDs: logIDs,
				OnInbound: func(_ context.Context, in escalation.Inbound) error {
					if m, ok := in.Event.(events.WidgetMessage); ok && !in.Again {
						return errors.New("no room for " + m.Text) // as a careless host might put it
					}
					return nil
				},
				Observers: []escalation.Observer{func(_ context.Context, o escalation.Observation) {
					seen.errors(o.Refusal, o.Result.Err)
					seen.show(o, o.Result)
					if o.Result.Class == transport.RefusedScope {
						s.client.Bot(bot).Resume() // as an operator would in the end: it makes the test quick
					}
				}},
			},
		})
		check(t, s.api.SetKey(bot, markKey))
		outboundFailures(t, s, &seen)
		inboundFailures(t, s)
		brokenAnswers(t, logger, &seen)
		seen.show(s.network, s.client, s.client.Bot(bot), s.handler, s.client.Conversation("other"))
		configurations(t, &seen)
		check(t, s.closeClient(bounded(t)))
		if status := s.post(t, envelope(t, idMark, events.WidgetMessage{Text: text}), secret); status != http.StatusServiceUnavailable {
			t.Errorf("a webhook that cannot be stored was answered %d, want 503", status)
		}
		s.close(t)

		seen.search(t, "an error or an object", mark)
		seen.searchErrors(t, idMark)
		search(t, "the log", logged.String(), mark)
		if got := strings.Contains(logged.String(), idMark); got != logIDs {
			t.Errorf("a conversation id is logged: %v, want %v", got, logIDs)
		}
		for _, want := range []string{ // the log of all three parts, down to debug level
			"escalation event refused", "escalation event unknown", "escalation event rejected", "status other than 200",
			"escalation event resolved", "conversation parked", "event repaired", "bot is paused", "was not taken by the host",
			"not verified", "not taken in", "the body is refused", "event of another API", "unknown field",
		} {
			if !strings.Contains(logged.String(), want) {
				t.Errorf("the log does not say %q: it is too quiet for this test to mean anything", want)
			}
		}
	}
}

// shut is a refresh that fails.
func shut(context.Context) (string, error) { return "", errors.New("the vault is shut") }

// captureLogs returns a logger at debug level and what it writes. It also takes in what goes to the default
// logger and to package log, for the rest of the test.
func captureLogs(t *testing.T) (*lockedBuffer, *slog.Logger) {
	t.Helper()
	var out lockedBuffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	before, writer, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(logger)
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(writer)
		log.SetFlags(flags)
	})
	return &out, logger
}

// configurations shows what a host fills in, and what is made of it.
func configurations(t *testing.T, seen *printout) {
	t.Helper()
	provider := must(httptransport.Static(bot, markKey))(t)
	credentials := must(provider.Credentials(t.Context(), bot))(t)
	seen.show(provider, credentials, credentials.Key, httptransport.NewSecret(markKey), []any{&credentials})
	for _, bad := range []string{markKey + "\n", " " + markKey} {
		_, err := httptransport.Static(bot, bad)
		seen.errors(err)
	}
	_, err := httptransport.New(nil, &httptransport.Config{BaseURL: "https://" + mark + ":" + mark + "@a.example"})
	seen.errors(err)
	_, err = httptransport.New(provider, &httptransport.Config{BaseURL: "http://a.example/?key=" + mark})
	seen.errors(err)
	seen.show(verifiers(t, seen)...)
}

// answering reads requests as HTTP and answers them with raw text.
func answering(raw func(body []byte) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(raw(body.Bytes())))
	})
}
