package democrm_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
)

// TestKeyRotatedInMidChat: whoever learns of the new key first, no line is lost and none is shown twice.
func TestKeyRotatedInMidChat(t *testing.T) {
	for _, c := range []struct {
		why    string
		rotate func(w *world)
	}{
		{"the CRM first", func(w *world) {
			must(w.t, w.crm.SetKey("key-2"))
			w.act("1", events.Message{Text: "two"}) // the old key is still good
			must(w.t, w.api.WaitWidget(bounded(w.t), "1", 3))
			must(w.t, w.api.SetKey(bot, "key-2"))
		}},
		{"the platform first", func(w *world) {
			must(w.t, w.api.SetKey(bot, "key-2"))
			w.act("1", events.Message{Text: "two"})
			must(w.t, w.api.WaitEnded(bounded(w.t), 3)) // refused
			must(w.t, w.crm.SetKey("key-2"))
		}},
		{"twice, and the CRM missed one", func(w *world) {
			must(w.t, w.api.SetKey(bot, "key-2"))
			w.act("1", events.Message{Text: "two"})
			must(w.t, w.api.WaitEnded(bounded(w.t), 3))
			must(w.t, w.api.SetKey(bot, "key-3"))
			must(w.t, w.crm.SetKey("key-3"))
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			w.connect("1")
			w.act("1", events.Message{Text: "one"})
			w.wantWidget("1", "Ann joined", "Ann: one")
			c.rotate(w)
			w.act("1", events.Message{Text: "three"})
			w.wantWidget("1", "Ann joined", "Ann: one", "Ann: two", "Ann: three")
			w.wantInOrder()
		})
	}
}

// TestNewKeyIsUsedAtOnce: after the 401 the same event goes out with the new key, before anything else.
func TestNewKeyIsUsedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.connect("1")
	w.wantWidget("1", "Ann joined")
	must(t, w.crm.SetKey("key-2"))
	must(t, w.api.SetKey(bot, "key-2"))
	w.act("1", events.Message{Text: "one"}, events.Message{Text: "two"})
	w.wantWidget("1", "Ann joined", "Ann: one", "Ann: two")
	if diff := cmp.Diff([]int{200, 401, 200, 200}, w.statuses()); diff != "" {
		t.Errorf("answers of the platform (-want +got):\n%s", diff)
	}
}

// TestSetKeyGoesOn: a bot that is paused for its key is not kept waiting for its next try, which is four seconds after the third. A
// slow machine gets three chances.
func TestSetKeyGoesOn(t *testing.T) {
	var took time.Duration
	for range 3 {
		api := startPlatform(t)
		cfg := config(t, api, openDatabase(t))
		refused := make(chan struct{}, 100)
		cfg.Logger = listen(func(message string) {
			if message == "escalation event refused scope" {
				refused <- struct{}{}
			}
		})
		w := start(t, cfg, api)
		w.visitor("1", escalate)
		must(t, api.SetKey(bot, "key-2"))
		w.act("1", events.EscalationSuccess{Agent: "Ann"})
		for range 3 {
			<-refused
		}
		begin := time.Now()
		must(t, w.crm.SetKey("key-2"))
		w.wantWidget("1", "Ann joined")
		if took = time.Since(begin); took < 3*time.Second {
			return
		}
	}
	t.Errorf("it took %v", took)
}

func TestSetKeyRefuses(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"", "a\nb"} {
		if err := w.crm.SetKey(key); err == nil {
			t.Errorf("%q was taken for a key", key)
		}
	}
	w.connect("1") // with the old one
	w.wantWidget("1", "Ann joined")
}
