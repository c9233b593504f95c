package listen_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// noLog numbers exchanges and forgets them.
type noLog struct{ n int64 }

func (l *noLog) Append(x wire.Exchange) (wire.Exchange, error) {
	l.n++
	x.N = l.n
	return x, nil
}

// TestMemoryIsFlat sends twice as much and looks whether twice as much is held.
func TestMemoryIsFlat(t *testing.T) {
	r, err := listen.New(listen.Config{Log: &noLog{}, Webhook: "http://crm.example", Transport: answering(200)})
	if err != nil {
		t.Fatal(err)
	}
	chat := func(from, to int) (held int64) {
		for n := from; n < to; n++ {
			id := fmt.Sprint("conversation ", n)
			for _, body := range []string{hook("widgetEscalate"), of("escalationSuccess"), message, of("agentDisconnect")} {
				req := request(strings.ReplaceAll(strings.ReplaceAll(body, `"1"`, `"`+id+`"`), `"b"`, fmt.Sprintf(`"bot %d"`, n%10)))
				req.Header.Set("Botid", fmt.Sprint("bot ", n%10))
				if strings.Contains(body, "botId") {
					req.URL.Path = listen.WebhookPath
				}
				r.ServeHTTP(httptest.NewRecorder(), req)
			}
		}
		runtime.GC()
		runtime.GC() // what pools hold goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	if underRace {
		chat(0, 100)
		return // it has looked for races; memory is for the other build to measure
	}
	chat(0, 600) // until all that is bounded is full
	before := chat(600, 1200)
	after := chat(1200, 5200)
	if grown := after - before; grown > 400<<10 { // what is bounded comes and goes by half of that
		t.Errorf("4000 more conversations hold %d bytes more", grown)
	}
	if got := r.Totals(); got.Requests != 15600 || got.Webhooks != 5200 || got.Findings != 0 {
		t.Errorf("%+v", got)
	}
}
