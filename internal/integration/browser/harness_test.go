package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// The tests in this file look at the tools of the others: what they must notice, they notice.

// policy is as strict as the sandbox's.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// serveFree serves an empty page that may do anything.
func serveFree(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,"><h1>Elsewhere</h1></html>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// serve serves a page with a body and a script.
func serve(t *testing.T, body, script string, more ...func(*http.ServeMux)) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title>
			<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
			<script type="module" src="/script.js"></script></head><body><main><h1>Test</h1>%s</main></body></html>`, body)
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, script)
	})
	for _, add := range more {
		add(mux)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWatchNotices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, body, script string
		want              string // what each problem begins with, sorted
	}{
		{"an innocent page", `<p>Hello</p>`, `console.log("fine")`, ``},
		{"an error on the console", ``, `console.error("oh", new Error("no"))`, `console.error: "oh" Error: no`},
		{"a warning on the console", ``, `console.warn("beware")`, `console.warning: "beware"`},
		{"an exception", ``, `throw new TypeError("lost")`, `exception: Uncaught TypeError: lost`},
		{"a promise that nobody handles", ``, `Promise.reject(new Error("alone"))`, `exception: Uncaught (in promise) Error: alone`},
		{"a script in the page", `<script>1</script>`, ``, `issue: ContentSecurityPolicyIssue|security error: Executing inline script`},
		{"a style in the page", `<p style="color: red">x</p>`, ``, `issue: ContentSecurityPolicyIssue|security error: Applying inline style`},
		{"code made of text", ``, `try { eval("1") } catch {}`, `issue: ContentSecurityPolicyIssue`},
		{"a file that is missing", ``, `fetch("/missing")`, `network error: Failed to load resource: the server responded with a status of 404`},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			p := open(t, serve(t, c.body, c.script+"\n;document.title = 'done'"), desktop)
			want := strings.Split(c.want, "|")
			if c.want == "" {
				want = nil
			}
			p.wait("the page to be read", `document.readyState === 'complete'`)
			var got []string
			p.until(func() bool {
				got = append(got, p.watch.take()...)
				return len(got) >= len(want)
			})
			slices.Sort(got)
			for i := range min(len(got), len(want)) {
				got[i] = got[i][:min(len(got[i]), len(want[i]))]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWatchNoticesStrangers(t *testing.T) {
	t.Parallel()
	p := open(t, serveFree(t), desktop, regexp.MustCompile(`198\.51\.100\.7`)) // what it says of it later is nobody's concern
	p.line.set(func() { p.line.expected = true })
	p.eval(`fetch('http://198.51.100.7/').catch(() => 'refused')`)
	var strangers, problems []string
	p.until(func() bool {
		p.line.set(func() { strangers = slices.Clone(p.line.strangers) })
		problems = append(problems, p.watch.take()...)
		return len(strangers) > 0 && slices.Contains(problems, "request: http://198.51.100.7/")
	})
	if diff := cmp.Diff([]string{"198.51.100.7:80"}, slices.Compact(strangers)); diff != "" {
		t.Errorf("strangers (-want +got):\n%s", diff)
	}
}

func TestAxeComplains(t *testing.T) {
	t.Parallel()
	source := axe(t)
	p := open(t, serve(t, `<p>Fine</p><img src="data:,"><button class="pale">Pale</button>`,
		`const s = new CSSStyleSheet(); s.replaceSync('.pale { color: #ccc; background: #fff }'); document.adoptedStyleSheets = [s]`), desktop)
	p.wait("the style", `document.adoptedStyleSheets.length`)
	var rules []string
	for _, c := range p.complaints(source) {
		rules = append(rules, c.ID)
	}
	if diff := cmp.Diff([]string{"color-contrast", "image-alt"}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	p.eval(`document.querySelector('img').alt = 'Nothing'`)
	p.eval(`document.querySelector('button').className = ''`)
	if got := p.complaints(source); len(got) > 0 {
		t.Errorf("mended, and still %+v", got)
	}
}

func TestHands(t *testing.T) {
	t.Parallel()
	p := open(t, serve(t, `
		<p id="said"></p><label>Name <input id="field" value="old"></label>
		<button id="go" aria-disabled="true" aria-describedby="why">Go</button><p id="why">Not yet</p><p hidden id="not">hidden</p>`,
		`const say = text => document.querySelector('#said').textContent += text
		document.querySelector('#go').addEventListener('click', () => say('clicked '))
		document.querySelector('#field').addEventListener('input', e => { if (e.target.value === 'Ann') say('Ann ') })`), phone)
	p.click("#go")
	p.see("#said", "clicked")
	p.fill("#field", "Ann")
	p.see("#said", "clicked Ann")
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.see("#said", "clicked Ann clicked")
	p.press(kb.Tab, chromedp.ModifierShift)
	p.wait("focus back in the field", `document.activeElement.id === 'field'`)
	if diff := cmp.Diff(spoken{"button", "Go", "Not yet", true, ""}, p.spoken("#go")); diff != "" {
		t.Errorf("spoken (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"clicked Ann clicked", "Not yet"}, p.texts("p")); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}

// TestLine: an EventSource over a line that breaks, stalls, and cuts an event in two.
func TestLine(t *testing.T) {
	t.Parallel()
	feed, gone := make(chan string), make(chan struct{}, 10)
	url := serve(t, `<ul></ul>`, `
		const s = new EventSource('/events')
		const add = text => document.querySelector('ul').append(Object.assign(document.createElement('li'), {textContent: text}))
		s.addEventListener('open', () => add('open'))
		s.addEventListener('error', () => add('lost'))
		s.addEventListener('message', e => add(e.data))`,
		func(mux *http.ServeMux) {
			mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, "retry: 10\n\n")
				c := http.NewResponseController(w)
				c.Flush()
				for {
					select {
					case <-r.Context().Done():
						gone <- struct{}{}
						return
					case s := <-feed:
						fmt.Fprintf(w, "data: %s\n\n", s)
						c.Flush()
					}
				}
			})
		})
	p := open(t, url, desktop, unreachable)
	last := func(n int, text string) {
		t.Helper()
		p.wait(text, fmt.Sprintf(`[...document.querySelectorAll('li')].filter(e => e.textContent === %q).length === %d`, text, n))
	}
	last(1, "open")
	feed <- "one"
	last(1, "one")
	p.line.cut()
	p.wait("the loss", `[...document.querySelectorAll('li')].some(e => e.textContent === 'lost')`)
	<-gone // or it would take what the next one is to say
	p.line.mend()
	last(2, "open")
	p.line.stall()
	feed <- "held back"
	p.line.mend()
	last(1, "held back")
	p.line.cutWithin()
	feed <- "never whole"
	p.line.waitCut()
	<-gone
	p.line.mend()
	last(3, "open")
	feed <- "end"
	last(1, "end")
	if slices.Contains(p.texts("li"), "never whole") {
		t.Error("an event that was cut arrived")
	}
}

// TestClickFollows: what moves away between the look and the click, or between the pressing and the letting go, is clicked where it is
// then, and what has come to its place is not.
func TestClickFollows(t *testing.T) {
	t.Parallel()
	for why, when := range map[string]string{
		"after the look": `
			let guard
			Object.defineProperty(globalThis, 'guard', {
				get: () => guard,
				set(v) { guard ?? move(); guard = v },
			})`,
		"while it is pressed": `wanted.addEventListener('mousedown', move, {once: true})`,
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			p := open(t, serve(t, `<p><button id="wanted">Wanted</button></p>`, `
				const wanted = document.querySelector('#wanted')
				const pressed = globalThis.pressed = []
				document.body.addEventListener('click', event => pressed.push(event.target.id))
				const move = () => wanted.before(
					Object.assign(document.createElement('button'), {id: 'intruder', textContent: 'Intruder'}), document.createElement('hr'))
			`+when), desktop)
			p.wait("the script", `globalThis.pressed`)
			p.click("#wanted")
			if diff := cmp.Diff([]string{"wanted"}, eval[[]string](p, "what was pressed", `pressed`)); diff != "" {
				t.Errorf("pressed (-want +got):\n%s", diff)
			}
		})
	}
}
