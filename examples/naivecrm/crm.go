package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
)

// crm does everything wrong that the package comment lists. The numbers below are those of the list.
type crm struct {
	api, bot, key string
	http          http.Client
	log           *log.Logger

	web     http.Server
	served  chan struct{}
	ctx     context.Context // ends with stop
	cancel  context.CancelFunc
	sending sync.WaitGroup
}

// start listens and returns the URL.
func (c *crm) start(addr string) (string, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", c.webhook)
	mux.HandleFunc("POST /desk", c.desk)
	c.web.Handler = mux
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.served = make(chan struct{})
	go func() {
		defer close(c.served)
		_ = c.web.Serve(listener) // stop ends it
	}()
	return "http://" + listener.Addr().String(), nil
}

// stop ends everything at once, as the end of a process does: what is being sent is not sent. (8)
func (c *crm) stop() {
	c.cancel()
	_ = c.web.Shutdown(context.Background()) // no handler takes long
	<-c.served
	c.sending.Wait()
	c.http.CloseIdleConnections()
}

// webhook takes what the widget sends, from anybody (9), and forgets it (4).
func (c *crm) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.log.Printf("from the widget: %d bytes", len(body))
}

// desk takes what the agent does.
func (c *crm) desk(w http.ResponseWriter, r *http.Request) {
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.sending.Go(func() { c.send(event) }) // (1), whatever it is (3)
	w.WriteHeader(http.StatusAccepted)     // (2)
}

// send posts an event until something happens that looks like an end.
func (c *crm) send(event []byte) {
	for range 3 { // (7)
		status, err := c.post(event)
		switch {
		case err != nil:
			c.log.Printf("sending again: %v", err) // (5)
		case status == http.StatusOK:
			return
		case status == http.StatusUnauthorized:
			c.log.Print("the key is wrong, giving up") // (6)
			return
		default:
			c.log.Printf("sending again: the API answered %d", status)
		}
	}
	c.log.Print("giving up after three times")
}

func (c *crm) post(event []byte) (status int, err error) {
	url := strings.TrimSuffix(c.api, "/") + "/agent/converse/send-message-to-widget"
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", c.key)
	r.Header.Set("botid", c.bot)
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, err
}
