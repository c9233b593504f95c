package fakeapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestCutInTheAnswer(t *testing.T) {
	for _, c := range []struct {
		why    string
		fault  fakeapi.Fault
		status int
		text   string // of the answer, as far as it came
		shown  int
	}{
		{"a 200 has its effect", fakeapi.Fault{}, 200, `{"status":"a`, 1},
		{"a 500 has none", fakeapi.Fault{Status: 500}, 500, `{"error":"`, 0},
		{"a 500 after the work was done", fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}, 500, `{"error":"`, 1},
		{"a 200 that is a lie", fakeapi.Fault{Process: fakeapi.ProcessNever}, 200, `{"status":"a`, 0},
		{"one byte that never comes", fakeapi.Fault{Body: []byte("x")}, 200, ``, 1},
		{"a length of one's own gives way to the true one", fakeapi.Fault{
			Status: 503, Header: http.Header{"Retry-After": {"7"}, "Content-Length": {"3"}}, Body: []byte("abcdef"),
		}, 503, `abc`, 0},
	} {
		c.fault.Cut = fakeapi.CutInAnswer
		check := func(t *testing.T, s *fakeapi.Server, rt http.RoundTripper, base string) {
			t.Helper()
			must(t, s.Next(c.fault))
			resp, err := rt.RoundTrip(request(bounded(t), base, message, nil))
			must(t, err)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err == nil || resp.StatusCode != c.status || string(text) != c.text {
				t.Errorf("%d %s %v, want %d %s and an error", resp.StatusCode, text, err, c.status, c.text)
			}
			if want := c.fault.Header.Get("Retry-After"); resp.Header.Get("Retry-After") != want {
				t.Errorf("Retry-After is %q, want %q", resp.Header.Get("Retry-After"), want)
			}
			rec := only(t, s)
			if rec.End != fakeapi.Severed || rec.Status != c.status || rec.Processed != (c.shown == 1) || len(s.Widget("c1")) != c.shown {
				t.Errorf("%+v", rec)
			}
		}
		t.Run(c.why, func(t *testing.T) {
			s := startServer(t, nil)
			check(t, s, client.Transport, s.URL())
		})
		t.Run(c.why+" (memory)", func(t *testing.T) {
			s := newServer(t, nil)
			check(t, s, s.RoundTripper(), memoryURL)
		})
		t.Run(c.why+" (http2)", func(t *testing.T) {
			s := newServer(t, nil)
			ts := httptest.NewUnstartedServer(s)
			ts.EnableHTTP2 = true
			ts.StartTLS()
			defer ts.Close()
			check(t, s, ts.Client().Transport, ts.URL)
		})
		t.Run(c.why+" (recorder)", func(t *testing.T) {
			s := newServer(t, nil)
			must(t, s.Next(c.fault))
			w := serve(s, message, nil)
			if rec := only(t, s); w.Code != 500 || rec.Status != 500 || rec.End != fakeapi.Uncuttable {
				t.Errorf("%d %+v", w.Code, rec)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	for _, c := range []struct {
		why     string
		fault   fakeapi.Fault
		timeout time.Duration // of the client
		code    int           // 0: none
		took    time.Duration
		end     fakeapi.End
		shown   int
	}{
		{"an answer that takes its time", fakeapi.Fault{Delay: time.Minute}, time.Hour, 200, time.Minute, fakeapi.Answered, 1},
		{"and is none", fakeapi.Fault{Delay: time.Minute, Cut: fakeapi.CutAfterBody}, time.Hour, 0, time.Minute, fakeapi.Severed, 0},
		{"or half of one", fakeapi.Fault{Delay: time.Minute, Cut: fakeapi.CutInAnswer}, time.Hour, 0, time.Minute, fakeapi.Severed, 1},
		{"a client with less patience", fakeapi.Fault{Delay: time.Minute}, time.Second, 0, time.Second, fakeapi.ClientGone, 0},
		{"a client with less patience, too late", fakeapi.Fault{Delay: time.Minute, Process: fakeapi.ProcessAnyway}, time.Second, 0, time.Second, fakeapi.ClientGone, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, nil)
				must(t, s.Next(c.fault))
				hc := &http.Client{Transport: s.RoundTripper(), Timeout: c.timeout}
				start, code := time.Now(), 0
				if resp, err := hc.Do(request(t.Context(), memoryURL, message, nil)); err == nil {
					if _, err := io.ReadAll(resp.Body); err == nil {
						code = resp.StatusCode
					}
					resp.Body.Close()
				}
				if took := time.Since(start); code != c.code || took != c.took {
					t.Errorf("answered %d after %v, want %d after %v", code, took, c.code, c.took)
				}
				must(t, s.WaitEnded(t.Context(), 1))
				if rec := only(t, s); rec.End != c.end || len(s.Widget("c1")) != c.shown {
					t.Errorf("%s, %d lines", rec.End, len(s.Widget("c1")))
				}
			})
		})
	}
}

func TestDelayComesAfterTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := newServer(t, nil), new(fakeapi.Hold)
		must(t, s.Next(fakeapi.Fault{Hold: h, Delay: time.Minute}))
		start := time.Now()
		time.AfterFunc(time.Hour, h.Release)
		if code, _, err := inMemory(t.Context(), s.RoundTripper(), message); code != 200 || err != nil {
			t.Errorf("%d %v", code, err)
		}
		if took := time.Since(start); took != time.Hour+time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestCloseEndsADelay(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.Next(fakeapi.Fault{Delay: time.Hour}))
	got := make(chan error)
	go func() {
		_, _, err := inMemory(bounded(t), s.RoundTripper(), message)
		got <- err
	}()
	must(t, s.WaitRequests(bounded(t), 1))
	must(t, s.Close())
	if err := <-got; err == nil {
		t.Error("answered")
	}
	if rec := only(t, s); rec.End != fakeapi.ServerClosed || rec.Processed {
		t.Errorf("%s", rec.End)
	}
}

// Two copies are stuck; they take effect after the next event, in the order in which they came.
func TestAfterNext(t *testing.T) {
	s := newServer(t, nil)
	other := `{"platformConversationId":"c2","eventType":"escalationFailed"}`
	stuck := fakeapi.Fault{Status: 504, AfterNext: true}
	must(t, s.NextFor("c1", fakeapi.Fault{}, stuck, fakeapi.Fault{AfterNext: true}))
	for _, step := range []struct {
		why, body string
		code      int
		want      string
	}{
		{"nothing special", success, 200, "John Smith joined"},
		{"the first is stuck", event("message", `"text":"1"`), 504, "John Smith joined"},
		{"the second too, though it is answered", event("message", `"text":"2"`), 200, "John Smith joined"},
		{"another conversation frees nothing", other, 200, "John Smith joined"},
		{"what fails a check frees nothing", event("message", ""), 400, "John Smith joined"},
		{"the next frees both", event("message", `"text":"3"`), 200,
			"John Smith joined | John Smith: 3 | John Smith: 1 | John Smith: 2"},
		{"once", event("agentDisconnect", ""), 200,
			"John Smith joined | John Smith: 3 | John Smith: 1 | John Smith: 2 | The agent left"},
	} {
		if w := serve(s, step.body, nil); w.Code != step.code {
			t.Errorf("%s: answered %d, want %d", step.why, w.Code, step.code)
		}
		if diff := cmp.Diff(step.want, texts(s.Widget("c1"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.why, diff)
		}
	}
	must(t, s.Next(stuck))
	if w := serve(s, `{`, nil); w.Code != 504 {
		t.Errorf("answered %d", w.Code)
	}
}

func TestContradictoryCutsAndDelaysAreRefused(t *testing.T) {
	h := new(fakeapi.Hold)
	for why, f := range map[string]fakeapi.Fault{
		"204 has no body to cut":               {Cut: fakeapi.CutInAnswer, Status: 204},
		"304 has no body to cut":               {Cut: fakeapi.CutInAnswer, Status: 304},
		"an empty body cannot be cut":          {Cut: fakeapi.CutInAnswer, Body: []byte{}},
		"time does not run back":               {Delay: -1},
		"waiting begins after the body":        {Cut: fakeapi.CutBeforeBody, Delay: 1},
		"what was not read has no effect":      {Cut: fakeapi.CutBeforeBody, AfterNext: true},
		"late is late in one way":              {Late: h, AfterNext: true},
		"late is not at once":                  {AfterNext: true, Process: fakeapi.ProcessAnyway},
		"late is not never":                    {AfterNext: true, Process: fakeapi.ProcessNever},
		"no cut comes after that in an answer": {Cut: fakeapi.CutInAnswer + 1},
	} {
		if err := newServer(t, nil).Always(f); err == nil {
			t.Errorf("%s, but it was accepted", why)
		}
	}
}

// An answer to HEAD has no body to be cut in: what is answered and recorded says that nothing was cut.
func TestHeadCannotBeCutInTheAnswer(t *testing.T) {
	check := func(t *testing.T, s *fakeapi.Server, rt http.RoundTripper, base string) {
		t.Helper()
		must(t, s.Always(fakeapi.Fault{Cut: fakeapi.CutInAnswer, Status: 503}))
		resp, err := rt.RoundTrip(request(bounded(t), base, "", func(r *http.Request) { r.Method = http.MethodHead }))
		must(t, err)
		_, err = io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		if rec := only(t, s); resp.StatusCode != 500 || rec.Status != 500 || rec.End != fakeapi.Uncuttable {
			t.Errorf("answered %d, recorded %d, %s", resp.StatusCode, rec.Status, rec.End)
		}
	}
	t.Run("network", func(t *testing.T) {
		s := startServer(t, nil)
		check(t, s, client.Transport, s.URL())
	})
	t.Run("memory", func(t *testing.T) {
		s := newServer(t, nil)
		check(t, s, s.RoundTripper(), memoryURL)
	})
	t.Run("http2", func(t *testing.T) {
		s := newServer(t, nil)
		ts := httptest.NewUnstartedServer(s)
		ts.EnableHTTP2 = true
		ts.StartTLS()
		defer ts.Close()
		check(t, s, ts.Client().Transport, ts.URL)
	})
	t.Run("a cut without an answer", func(t *testing.T) {
		s := startServer(t, nil)
		must(t, s.Next(fakeapi.Fault{Cut: fakeapi.CutAfterBody}))
		resp, err := client.Transport.RoundTrip(request(bounded(t), s.URL(), "", func(r *http.Request) { r.Method = http.MethodHead }))
		if err == nil {
			resp.Body.Close()
			t.Error("an answer came")
		}
		if rec := only(t, s); rec.End != fakeapi.Severed {
			t.Errorf("%s", rec.End)
		}
	})
}
