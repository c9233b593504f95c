package fakeapi_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// What each kind of chaos does to a message, followed by another that is spared.
func TestChaosOnRequests(t *testing.T) {
	for _, c := range []struct {
		why     string
		chaos   fakeapi.Chaos
		codes   []int // of which the answer is one; 0: no whole answer
		retries []string
		shown   string
	}{
		{"401", fakeapi.Chaos{Unauthorized: 1}, []int{401}, []string{""}, "Agent: 2"},
		{"429", fakeapi.Chaos{TooMany: 1}, []int{429}, []string{""}, "Agent: 2"},
		{"429 with a time", fakeapi.Chaos{TooMany: 1, RetryAfter: 1, MaxDelay: 2500 * time.Millisecond}, []int{429}, []string{"0", "1", "2"}, "Agent: 2"},
		{"503", fakeapi.Chaos{Unavailable: 1}, []int{503}, []string{""}, "Agent: 2"},
		{"503 with a time", fakeapi.Chaos{Unavailable: 1, RetryAfter: 1}, []int{503}, []string{"0"}, "Agent: 2"},
		{"an error", fakeapi.Chaos{ServerError: 1}, []int{500, 502, 504}, []string{""}, "Agent: 2"},
		{"an error afterwards", fakeapi.Chaos{ErrorAfterProcessing: 1}, []int{500, 502, 504}, []string{""}, "Agent: 1 | Agent: 2"},
		{"a cut", fakeapi.Chaos{CutBefore: 1}, []int{0}, []string{""}, "Agent: 2"},
		{"a cut in the answer", fakeapi.Chaos{CutInAnswer: 1}, []int{0}, []string{""}, "Agent: 1 | Agent: 2"},
		{"a cut afterwards", fakeapi.Chaos{CutAfter: 1}, []int{0}, []string{""}, "Agent: 1 | Agent: 2"},
		{"a late copy", fakeapi.Chaos{Late: 1}, []int{0}, []string{""}, "Agent: 2 | Agent: 1"},
		{"a slow answer", fakeapi.Chaos{Slow: 1, MaxDelay: time.Nanosecond}, []int{200}, []string{""}, "Agent: 1 | Agent: 2"},
		{"nothing", fakeapi.Chaos{RetryAfter: 1}, []int{200}, []string{""}, "Agent: 1 | Agent: 2"},
	} {
		t.Run(c.why, func(t *testing.T) {
			seen := map[string]bool{}
			for seed := range uint64(40) {
				s := newServer(t, nil)
				c.chaos.Seed = seed
				must(t, s.SetChaos(&c.chaos))
				got := exchangeOf(t.Context(), s.RoundTripper(), event("message", `"text":"1"`))
				if !slices.Contains(c.codes, got.code) || !slices.Contains(c.retries, got.retryAfter) {
					t.Errorf("seed %d: %+v, want one of %v %q", seed, got, c.codes, c.retries)
				}
				seen[fmt.Sprint(got)] = true
				must(t, s.SetChaos(nil))
				if got := exchangeOf(t.Context(), s.RoundTripper(), event("message", `"text":"2"`)); got.code != 200 {
					t.Errorf("without chaos: %+v", got)
				}
				if diff := cmp.Diff(c.shown, texts(s.Widget("c1"))); diff != "" {
					t.Errorf("seed %d (-want +got):\n%s", seed, diff)
				}
			}
			if want := max(len(c.codes), len(c.retries)); len(seen) != want {
				t.Errorf("%d kinds of answers in 40, want %d: %v", len(seen), want, seen)
			}
		})
	}
}

// An exchange is what a client saw of one.
type exchange struct {
	code       int // 0: no whole answer
	retryAfter string
}

func exchangeOf(ctx context.Context, rt http.RoundTripper, body string) exchange {
	resp, err := rt.RoundTrip(request(ctx, memoryURL, body, nil))
	if err != nil {
		return exchange{}
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err != nil {
		return exchange{}
	}
	return exchange{resp.StatusCode, resp.Header.Get("Retry-After")}
}

func TestChaosOnWebhooks(t *testing.T) {
	for _, c := range []struct {
		why   string
		chaos fakeapi.Chaos
		want  []string
		least time.Duration // how long it takes until all are sent
	}{
		{"nothing", fakeapi.Chaos{}, []string{wrote("1"), wrote("2")}, 0},
		{"lost", fakeapi.Chaos{DropWebhook: 1}, nil, 0},
		{"doubled", fakeapi.Chaos{DoubleWebhook: 1}, []string{wrote("1"), wrote("1"), wrote("2"), wrote("2")}, 0},
		{"delayed", fakeapi.Chaos{DelayWebhook: 1, MaxDelay: time.Minute}, []string{wrote("1"), wrote("2")}, 1},
		{"the second overtakes the first", fakeapi.Chaos{ReorderWebhook: 1, MaxDelay: time.Minute}, []string{wrote("2"), wrote("1")}, time.Minute},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, crm := newPair(t, nil)
				s.BeginRound("c1")
				must(t, s.SetChaos(&c.chaos))
				start := time.Now()
				must(t, s.Write("c1", "1"))
				must(t, s.Write("c1", "2"))
				must(t, s.WaitWebhooks(t.Context(), max(2, len(c.want))))
				if took := time.Since(start); took < c.least || took > 2*time.Minute {
					t.Errorf("it took %v", took)
				}
				if diff := cmp.Diff(c.want, crm.got()); diff != "" {
					t.Errorf("webhooks (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestChaosSparesWhatIsNotItsOwn(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.Always(fakeapi.Fault{Status: 502}))
	must(t, s.NextFor("c1", fakeapi.Fault{Status: 202}))
	must(t, s.Next(fakeapi.Fault{Status: 201}))
	must(t, s.SetChaos(&fakeapi.Chaos{Unavailable: 1}))
	for _, step := range []struct {
		why, body string
		want      int
	}{
		{"Next comes first", message, 201},
		{"then NextFor", message, 202},
		{"then chaos", message, 503},
		{"what fails a check is for Always", `{`, 502},
	} {
		if w := serve(s, step.body, nil); w.Code != step.want {
			t.Errorf("%s: answered %d, want %d", step.why, w.Code, step.want)
		}
	}
	must(t, s.SetChaos(&fakeapi.Chaos{DropWebhook: 1}))
	if w := serve(s, message, nil); w.Code != 502 {
		t.Errorf("chaos that spares a request leaves it to Always: %d", w.Code)
	}
	all := fakeapi.Chaos{Unavailable: 1}
	must(t, s.SetChaos(&all))
	all.Unavailable = 0
	if w := serve(s, message, nil); w.Code != 503 {
		t.Errorf("changed from outside: %d", w.Code)
	}
	s.ClearFaults()
	if w := serve(s, message, nil); w.Code != 200 {
		t.Errorf("after ClearFaults: %d", w.Code)
	}
}

func TestContradictoryChaosIsRefused(t *testing.T) {
	for _, c := range []struct {
		why   string
		chaos fakeapi.Chaos
		want  []string
	}{
		{"less than never", fakeapi.Chaos{CutAfter: -0.1}, []string{"CutAfter is -0.1"}},
		{"more than always", fakeapi.Chaos{RetryAfter: 1.5}, []string{"RetryAfter is 1.5"}},
		{"no number", fakeapi.Chaos{DropWebhook: math.NaN()}, []string{"DropWebhook is NaN"}},
		{"together more than always", fakeapi.Chaos{CutBefore: 0.6, Late: 0.6}, []string{"chances of requests are 1.2"}},
		{"webhooks, too", fakeapi.Chaos{DropWebhook: 0.6, DoubleWebhook: 0.6}, []string{"chances of webhooks are 1.2"}},
		{"a delay without a bound", fakeapi.Chaos{Slow: 0.1}, []string{"need a MaxDelay"}},
		{"backwards", fakeapi.Chaos{MaxDelay: -1}, []string{"MaxDelay is -1ns"}},
		{"all that is wrong is told", fakeapi.Chaos{CutAfter: 2, MaxDelay: -1}, []string{"CutAfter is 2", "chances of requests", "MaxDelay"}},
	} {
		s := newServer(t, nil)
		must(t, s.SetChaos(&fakeapi.Chaos{Unavailable: 1}))
		err := s.SetChaos(&c.chaos)
		if err == nil {
			t.Errorf("%s: accepted", c.why)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", c.why, err, want)
			}
		}
		if w := serve(s, message, nil); w.Code != 503 {
			t.Errorf("%s: the former chaos is gone", c.why)
		}
	}
	tenths := fakeapi.Chaos{Unauthorized: .1, TooMany: .1, Unavailable: .1, ServerError: .1, ErrorAfterProcessing: .1,
		CutBefore: .1, CutInAnswer: .1, CutAfter: .1, Late: .1, Slow: .1, MaxDelay: 1}
	must(t, newServer(t, nil).SetChaos(&tenths))
}

// anyChaos draws one that spares about half of the requests.
func anyChaos(rt *rapid.T) *fakeapi.Chaos {
	chance := func(name string) float64 { return rapid.Float64Range(0, 0.08).Draw(rt, name) }
	return &fakeapi.Chaos{
		Seed:         rapid.Uint64().Draw(rt, "seed"),
		Unauthorized: chance("unauthorized"), TooMany: chance("tooMany"), Unavailable: chance("unavailable"),
		ServerError: chance("serverError"), ErrorAfterProcessing: chance("errorAfterProcessing"),
		CutBefore: chance("cutBefore"), CutInAnswer: chance("cutInAnswer"), CutAfter: chance("cutAfter"), Late: chance("late"),
		RetryAfter: rapid.Float64Range(0, 1).Draw(rt, "retryAfter"), MaxDelay: 5 * time.Second,
	}
}

// chaosRepeats: what a conversation's client sees, what its visitor sees, and what is found, do not depend on what other
// conversations do meanwhile.
func chaosRepeats(rt *rapid.T) {
	chaos := anyChaos(rt)
	scripts := map[string]string{}
	var order []string // the conversations, one for each event
	for i := range rapid.IntRange(1, 3).Draw(rt, "conversations") {
		id := fmt.Sprintf("c%d", i)
		scripts[id] = rapid.StringOfN(rapid.RuneFrom([]rune("QSMMMFD")), 1, 8, -1).Draw(rt, id)
		for range scripts[id] {
			order = append(order, id)
		}
	}
	want := playChaos(rt, chaos, scripts, slices.Clone(order))
	got := playChaos(rt, chaos, scripts, rapid.Permutation(order).Draw(rt, "order"))
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("another order among the conversations changes one of them (-one by one +mixed):\n%s", diff)
	}
	if diff := cmp.Diff(want, playChaos(rt, chaos, scripts, nil)); diff != "" {
		rt.Fatalf("conversations side by side change one of them (-one by one +at once):\n%s", diff)
	}
}

// playChaos posts the next event of each conversation in the order given, or, with none given, each conversation in a
// goroutine of its own. It returns for each conversation what came of it.
func playChaos(rt *rapid.T, chaos *fakeapi.Chaos, scripts map[string]string, order []string) map[string][]string {
	s, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Close()
	if err := s.SetChaos(chaos); err != nil {
		rt.Fatal(err)
	}
	out := map[string][]string{}
	next := func(id string, done []string) []string {
		letter := rune(scripts[id][len(done)])
		got := exchangeOf(context.Background(), s.RoundTripper(), strings.Replace(events[letter], "c1", id, 1))
		return append(done, fmt.Sprintf("%c %v", letter, got))
	}
	for _, id := range order {
		out[id] = next(id, out[id])
	}
	if order == nil {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for id, script := range scripts {
			wg.Go(func() {
				var done []string
				for range script {
					done = next(id, done)
				}
				mu.Lock()
				defer mu.Unlock()
				out[id] = done
			})
		}
		wg.Wait()
	}
	for id := range out {
		for _, l := range s.Widget(id) {
			out[id] = append(out[id], fmt.Sprint(l.Text, l.Repeat))
		}
	}
	for _, f := range s.Findings() {
		out[f.ConversationID] = append(out[f.ConversationID], fmt.Sprint(f.Rule, f.EventType, f.Unavoidable))
	}
	return out
}

func TestChaosRepeats(t *testing.T) { rapid.Check(t, chaosRepeats) }

func FuzzChaosRepeats(f *testing.F) { f.Fuzz(rapid.MakeFuzz(chaosRepeats)) }

// chaosIsNoFaultOfAGoodClient: a client that sends each event again until it is told 200 is blamed for nothing, and but
// for repeats the visitor sees exactly what it sent.
func chaosIsNoFaultOfAGoodClient(rt *rapid.T) {
	s, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Close()
	if err := s.SetChaos(anyChaos(rt)); err != nil {
		rt.Fatal(err)
	}
	script := rapid.StringMatching(`Q{0,2}(F|SM{0,6}D)`).Draw(rt, "script")
	var want []string
	for i, letter := range script {
		body := events[letter]
		switch letter {
		case 'Q':
			body = event("escalationQueueUpdate", fmt.Sprintf(`"queuePosition":"%d"`, i+1))
			want = append(want, fmt.Sprintf("You are number %d in the queue", i+1))
		case 'S':
			want = append(want, "John Smith joined")
		case 'M':
			body = event("message", fmt.Sprintf(`"text":"%d"`, i))
			want = append(want, fmt.Sprintf("John Smith: %d", i))
		case 'F':
			want = append(want, "No agent could be connected")
		case 'D':
			want = append(want, "The agent left")
		}
		for attempt := 0; exchangeOf(context.Background(), s.RoundTripper(), body).code != 200; attempt++ {
			if attempt == 100 {
				rt.Fatalf("nothing gets through:\n%s", s.Report("c1"))
			}
		}
	}
	fakeapi.AssertClean(rt, s)
	fakeapi.AssertWidgetOnce(rt, s, "c1", want...)
}

func TestChaosIsNoFaultOfAGoodClient(t *testing.T) { rapid.Check(t, chaosIsNoFaultOfAGoodClient) }

func FuzzChaosIsNoFaultOfAGoodClient(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(chaosIsNoFaultOfAGoodClient))
}

// The chances of webhooks, as below.
func TestChancesOfWebhooksAreKept(t *testing.T) {
	const n, p = 2000, 0.3
	s := newServer(t, nil)
	must(t, s.SetChaos(&fakeapi.Chaos{Seed: 1, DropWebhook: p}))
	for i := range n {
		id := fmt.Sprint("c", i%2)
		if i < 2 {
			s.BeginRound(id)
		}
		must(t, s.Write(id, "Hello"))
	}
	dropped := 0
	for _, w := range s.Webhooks() {
		if w.Dropped {
			dropped++
		}
	}
	if limit := 4 * math.Sqrt(n*p*(1-p)); math.Abs(float64(dropped)-n*p) > limit {
		t.Errorf("%d of %d dropped, want %v ± %.0f", dropped, n, n*p, limit)
	}
}

// The chances are what they say, within four standard deviations.
func TestChancesAreKept(t *testing.T) {
	const n, p = 4000, 0.3
	s := newServer(t, nil)
	must(t, s.SetChaos(&fakeapi.Chaos{Seed: 1, Unavailable: p, TooMany: p}))
	count := map[int]int{}
	for i := range n {
		w := serve(s, strings.Replace(message, "c1", fmt.Sprint("c", i%2), 1), nil)
		count[w.Code]++
	}
	limit := 4 * math.Sqrt(n*p*(1-p))
	for code, want := range map[int]float64{503: n * p, 429: n * p, 200: n * (1 - 2*p)} {
		if math.Abs(float64(count[code])-want) > limit {
			t.Errorf("%d answers %d, want %v ± %.0f", count[code], code, want, limit)
		}
	}
}
