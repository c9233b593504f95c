package integration_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// printout collects values as every careless line of a host might print them.
type printout struct {
	mu                     sync.Mutex
	everything, errorTexts strings.Builder
}

// ways are the verbs that print a value or walk its memory.
var ways = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"}

// show prints values in every way.
func (p *printout) show(values ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range values {
		p.everything.WriteString(inEveryWay(v))
	}
}

// errors prints errors, which must hold no conversation id either.
func (p *printout) errors(errs ...error) {
	for _, err := range errs {
		if err == nil {
			continue
		}
		p.show(err)
		p.mu.Lock()
		p.errorTexts.WriteString(err.Error() + "\n")
		p.mu.Unlock()
	}
}

func inEveryWay(v any) string {
	var out strings.Builder
	for _, way := range ways {
		fmt.Fprintf(&out, "%T "+way+"\n", v, v)
	}
	if encoded, err := json.Marshal(v); err == nil {
		fmt.Fprintf(&out, "%T %s\n", v, encoded)
	}
	return out.String()
}

// search looks for a word in what was shown.
func (p *printout) search(t *testing.T, where, word string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	search(t, where, p.everything.String(), word)
}

// searchErrors looks for a word in the texts of errors.
func (p *printout) searchErrors(t *testing.T, word string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	search(t, "an error", p.errorTexts.String(), word)
}

// search looks for a word as it is, in hexadecimal of either case, and as a list of bytes.
func search(t *testing.T, where, text, word string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s: nothing was printed", where)
	}
	list := strings.Trim(fmt.Sprint([]byte(word)), "[]")
	for line := range strings.Lines(text) {
		for _, form := range []string{word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), list} {
			if strings.Contains(line, form) {
				t.Errorf("%s holds %q: %.500s", where, word, line)
			}
		}
	}
}

// TestTheSearchFindsEveryForm proves that the canary would be heard.
func TestTheSearchFindsEveryForm(t *testing.T) {
	shown := inEveryWay(struct{ hidden []byte }{[]byte(mark)}) + inEveryWay(struct{ Text string }{text})
	for _, form := range []string{mark, "63616e617279", "63616E617279", "99 97 110 97 114 121"} {
		if !strings.Contains(shown, form) {
			t.Errorf("no %s in %s", form, shown)
		}
	}
}
