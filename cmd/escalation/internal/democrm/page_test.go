package democrm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
)

var (
	session = regexp.MustCompile("(?s)\n```console\n(.*?)```\n")
	curl    = regexp.MustCompile(`(?m)^\$ curl -s -w '%\{http_code\}\\n' (?:-H 'Content-Type: application/json' -d '(.*)' )?"\$desk(.*)"\n`)
)

// TestPageShowsWhatTheDeskSays plays the session of docs/desk-protocol.md.
func TestPageShowsWhatTheDeskSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "desk-protocol.md"))
	must(t, err)
	shown := session.FindSubmatch(page)
	if shown == nil {
		t.Fatal("the page has no session")
	}
	calls := curl.FindAllSubmatchIndex(shown[1], -1)
	if len(calls) < 4 || len(calls) != bytes.Count(shown[1], []byte("$ ")) {
		t.Fatalf("%d calls of the session can be read", len(calls))
	}
	w := newWorld(t)
	w.visitor("123", events.WidgetEscalate{})
	for i, at := range calls {
		until(t, "everything is sent", func() bool { return w.view("123").Pending == 0 })
		end := len(shown[1])
		if i+1 < len(calls) {
			end = calls[i+1][0]
		}
		method, body := http.MethodGet, ""
		if at[2] >= 0 {
			method, body = http.MethodPost, string(shown[1][at[2]:at[3]])
		}
		r, err := http.NewRequestWithContext(bounded(t), method, w.crm.DeskURL()+string(shown[1][at[4]:at[5]]), strings.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		must(t, answer.Body.Close())
		want, got := string(shown[1][at[1]:end]), fmt.Sprintf("%s%d\n", text, answer.StatusCode)
		if diff := cmp.Diff(compact(t, want), compact(t, got)); diff != "" {
			t.Errorf("call %d (-page +desk):\n%s", i+1, diff)
		}
	}
}

// compact takes the line breaks out of an answer, whose last line is the status.
func compact(t *testing.T, text string) string {
	t.Helper()
	text = strings.TrimSuffix(text, "\n")
	end := strings.LastIndex(text, "\n")
	if end < 0 {
		return text
	}
	var out bytes.Buffer
	must(t, json.Compact(&out, []byte(text[:end])))
	return out.String() + text[end:]
}
