package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// tell returns what prints exchanges, and calls enough after the last one that was asked for.
func (l *listening) tell(stdout io.Writer, enough func()) func(listen.Exchange) error {
	print := listen.NewText(stdout, l.bodies)
	if l.asJSON {
		print = listen.NewJSON(stdout)
	}
	told := 0
	return func(x listen.Exchange) error {
		if told++; told == l.count {
			enough() // what is under way is still answered
		}
		return print(x)
	}
}

// serve answers until ctx ends or the recorder cannot go on; what is under way may end.
func (l *listening) serve(ctx context.Context, listener net.Listener, recorder *listen.Recorder) {
	server := &http.Server{
		Handler:           recorder,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      l.cfg.Timeout + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it complains of clients that go away
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with Shutdown
	}()
	select {
	case <-ctx.Done():
	case <-recorder.Failed():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
	<-done
}

// welcome says where it listens and what becomes of what comes.
func (l *listening) welcome(stdout io.Writer, url string) error {
	if l.asJSON {
		return json.NewEncoder(stdout).Encode(map[string]string{"listening": url})
	}
	requests, webhooks := "are answered here; --forward URL passes them on", "are not taken; --webhook URL passes them on"
	if l.cfg.Forward != "" {
		requests = "are passed on to " + plain.URL(l.cfg.Forward)
	}
	if l.cfg.Webhook != "" {
		webhooks = "to " + url + listen.WebhookPath + " are passed on to " + plain.URL(l.cfg.Webhook)
	}
	_, err := fmt.Fprintf(stdout, "listen listening on %s\n\n  requests  %s\n  webhooks  %s\n\n", url, requests, webhooks)
	return err
}

// farewell sums up, and makes the exit code.
func (l *listening) farewell(stdout io.Writer, t listen.Totals) error {
	code := exitOK
	if t.Findings > 0 {
		code = exitNotAll
	}
	form := "\n%s, %s, %s\n"
	args := []any{plural(t.Requests, "request"), plural(t.Webhooks, "webhook"), plural(t.Findings, "finding")}
	if l.asJSON {
		form, args = "{\"requests\":%d,\"webhooks\":%d,\"findings\":%d}\n", []any{t.Requests, t.Webhooks, t.Findings}
	}
	_, err := fmt.Fprintf(stdout, form, args...)
	return ended(code, err)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
