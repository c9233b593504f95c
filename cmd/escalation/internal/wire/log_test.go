package wire_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// TestReadsSeeWhatWasWritten appends, updates and reads at once, in every way of reading.
func TestReadsSeeWhatWasWritten(t *testing.T) {
	l := open(t, "", nil)
	first := add(t, l, "one")
	want := exchange("one")
	want.N = 1
	want.At = time.Date(2026, 3, 1, 11, 30, 0, 123456000, time.UTC)
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
	got, err := l.Get(t.Context(), 1)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("read: %v (-want +got):\n%s", err, diff)
	}

	second := add(t, l, "two")
	second.Status, second.Outcome, second.Findings = 0, wire.Cut, nil
	if _, err := l.Update(second); err != nil {
		t.Fatal(err)
	}
	second.Findings = []wire.Finding{}
	got, err = l.Get(t.Context(), 2)
	if diff := cmp.Diff(second, got); err != nil || diff != "" {
		t.Errorf("read after an update: %v (-want +got):\n%s", err, diff)
	}

	for i := 3; i <= 9; i++ {
		add(t, l, "more")
	}
	for _, c := range []struct {
		why  string
		read func() ([]wire.Exchange, error)
		want []int64
	}{
		{"from the beginning", func() ([]wire.Exchange, error) { return l.After(t.Context(), 0, 3) }, []int64{1, 2, 3}},
		{"after some", func() ([]wire.Exchange, error) { return l.After(t.Context(), 7, 5) }, []int64{8, 9}},
		{"after all", func() ([]wire.Exchange, error) { return l.After(t.Context(), 9, 5) }, []int64{}},
		{"the newest", func() ([]wire.Exchange, error) { return l.Last(t.Context(), 2) }, []int64{8, 9}},
		{"before some", func() ([]wire.Exchange, error) { return l.Before(t.Context(), 5, 2) }, []int64{3, 4}},
	} {
		all, err := c.read()
		if diff := cmp.Diff(c.want, numbers(all)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.why, err, diff)
		}
	}
	if _, err := l.Get(t.Context(), 10); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("an exchange that is not there: %v", err)
	}
}

// TestNumbersGoOn opens a file again, and appends from many goroutines at once.
func TestNumbersGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b%20?#.db")
	l := open(t, path, nil)
	add(t, l, "")
	add(t, l, "")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(exchange("")); !errors.Is(err, wire.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	l = open(t, path, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if _, err := l.Append(exchange("")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := l.After(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		if x.N != int64(i)+1 {
			t.Fatalf("number %d stands at place %d", x.N, i+1)
		}
	}
	if len(got) != 402 {
		t.Errorf("%d exchanges, want 402", len(got))
	}
}

// TestOldOnesGo: of 250 exchanges at least the last 100 stay, and at most 110; a file that is opened again is not
// larger; an update of what is gone brings nothing back.
func TestOldOnesGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	l := open(t, path, &wire.Config{Keep: 100})
	first := add(t, l, "first")
	for range 249 {
		add(t, l, "")
	}
	check := func(newest int64) {
		t.Helper()
		all, err := l.After(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(all); n < 100 || n > 110 || all[n-1].N != newest {
			t.Errorf("%d are kept, up to %d", n, all[len(all)-1].N)
		}
	}
	check(250)
	if _, err := l.Update(first); err != nil {
		t.Error(err)
	}
	if _, err := l.Get(t.Context(), 1); !errors.Is(err, wire.ErrNotFound) {
		t.Errorf("the first came back: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, &wire.Config{Keep: 100})
	for range 40 {
		add(t, l, "")
	}
	check(290)
}

// TestBodiesAreCut: a long body is kept as far as MaxBody, and no character is cut in two.
func TestBodiesAreCut(t *testing.T) {
	l := open(t, "", nil)
	if x := add(t, l, strings.Repeat("x", wire.MaxBody)); x.BodyCut || len(x.Body) != wire.MaxBody {
		t.Errorf("a body of the largest size: %d bytes, cut %v", len(x.Body), x.BodyCut)
	}
	x := add(t, l, strings.Repeat("x", wire.MaxBody-1)+"é")
	if want := strings.Repeat("x", wire.MaxBody-1); !x.BodyCut || x.Body != want {
		t.Errorf("a larger one: %d bytes, cut %v", len(x.Body), x.BodyCut)
	}
	kept, err := l.Get(t.Context(), 2)
	if diff := cmp.Diff(x, kept); err != nil || diff != "" {
		t.Errorf("%v (-returned +kept):\n%s", err, diff)
	}
}

// TestNoSecretReachesTheFile puts secrets wherever an exchange has room for one and looks for them in all bytes of all files.
func TestNoSecretReachesTheFile(t *testing.T) {
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "x.db"), nil)
	const key, odd = "key-4711-very-secret", `od"d <k>ey/ü 4711`
	l.Hide("")
	l.Hide(key)
	l.Hide(odd)
	for _, secret := range []string{key, odd} {
		x := exchange(fmt.Sprintf(`{"text":"it is %s","json":%q}`, secret, secret))
		x.Headers = http.Header{
			"Authorization": {"unknown-secret-1"}, "Cookie": {"unknown-secret-2"}, "X-Signature": {"unknown-secret-3"},
			"User-Agent": {"agent with " + secret}, "Content-Type": {"application/json"},
		}
		x.URL = "http://user:unknown-secret-4@127.0.0.1/hook/" + key + "?token=unknown-secret-5&x=" + key + "&unknown-secret-6"
		x.Conversation, x.Kind, x.Bot, x.Method, x.Detail = secret, secret, secret, secret, "failed: "+secret
		x.Findings = []wire.Finding{{Rule: "auth-key", Detail: secret}}
		x.Answer = "you sent " + secret + " and " + secret[:len(secret)-2]
		got, err := l.Append(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Update(got); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Exchange{
		N: 1, At: got.At, Direction: wire.ToWidget, Bot: "[hidden]", Conversation: "[hidden]", Kind: "[hidden]", Method: "[hidden]",
		URL:     "http://127.0.0.1/hook/[hidden]?token=…&x=…&…",
		Headers: http.Header{"User-Agent": {"agent with [hidden]"}, "Content-Type": {"application/json"}},
		Body:    `{"text":"it is [hidden]","json":"[hidden]"}`, Status: 200, Outcome: wire.Answered, Detail: "failed: [hidden]", Attempt: 2,
		Findings: []wire.Finding{{Rule: "auth-key", Detail: "[hidden]"}}, Took: 1.25, Answer: "you sent [hidden] and [hidden]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := string(contents(t, dir))
	for _, secret := range []string{key, `od"d`, `od\"d`, "unknown-secret"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in the files", secret)
		}
	}
	if !strings.Contains(all, "it is [hidden]") {
		t.Error("the test looks in the wrong place: what is kept is not found either")
	}
}

// TestCutSecrets: of a secret that was cut in two by whoever recorded the text, the first half is not kept either.
func TestCutSecrets(t *testing.T) {
	l := open(t, "", nil)
	const key = "key-4711-very-secret"
	l.Hide(key)
	x := exchange(strings.Repeat("a", wire.MaxBody-12) + key[:12])
	x.Answer = "it was " + key[:12]
	got, err := l.Append(x)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Body, key[:4]) || !strings.HasSuffix(got.Body, "aa[hidden]") {
		t.Errorf("the body ends with %q", got.Body[wire.MaxBody-20:])
	}
	if got.Answer != "it was [hidden]" {
		t.Errorf("the answer is %q", got.Answer)
	}
}

// TestShortSecretsChangeNothing: what may be an ordinary word is left alone wherever words stand, or the log would tell of
// another exchange.
func TestShortSecretsChangeNothing(t *testing.T) {
	l := open(t, "", nil)
	for _, secret := range []string{"k", "test", "my-key", "fifteen-letters"} {
		l.Hide(secret)
	}
	want := exchange(`{"platformConversationId":"test-1","text":"this is a test"}`)
	want.Conversation, want.URL, want.Kind = "test-1", "http://127.0.0.1:8137/webhook/test", "fifteen-letters"
	want.Detail, want.Answer = "unknown bot my-key", `{"error":"a test"}`
	want.Findings = []wire.Finding{{Rule: "auth-key", Detail: "every webhook is tested"}}
	got, err := l.Append(want)
	if err != nil {
		t.Fatal(err)
	}
	want.N, want.At = 1, want.At.UTC().Truncate(time.Microsecond)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	withKey := exchange("{}")
	withKey.Headers = http.Header{"Authorization": {"test"}, "X-Sandbox-Secret": {"k"}, "Botid": {"test"}}
	if got, err = l.Append(withKey); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Botid": {"test"}}, got.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// TestHeldWhenTheProgramEnded: what an earlier Log left without an end has one in the next.
func TestHeldWhenTheProgramEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	first := open(t, path, nil)
	held := exchange("held")
	held.Outcome = wire.Held
	if _, err := first.Append(held); err != nil {
		t.Fatal(err)
	}
	add(t, first, "answered")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := open(t, path, nil).Last(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range all {
		got = append(got, fmt.Sprint(x.Outcome, " ", x.Status, " ", x.Detail))
	}
	want := []string{"error 0 it was held when the program ended", "answered 200 all well"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
