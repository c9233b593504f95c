package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/page"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// newerBase is the path of the newer form of the vendor's base URL. Both forms are served.
const newerBase = "/ai-agents/api"

// handler is the whole server: the page with its control interface, and the platform.
func (s *Sandbox) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.getPage)
	mux.HandleFunc("GET /assets/{name}", func(w http.ResponseWriter, r *http.Request) { s.file(w, r.PathValue("name")) })
	mux.HandleFunc("GET /api/state", s.getState)
	mux.HandleFunc("GET /api/wire", s.getWire)
	mux.Handle("GET /api/events", s.streams)
	mux.HandleFunc("POST /api/visitor", s.postVisitor)
	mux.HandleFunc("POST /api/desk", s.postDesk)
	mux.HandleFunc("POST /api/faults", s.postFaults)
	mux.HandleFunc("POST /api/key", s.postKey)
	mux.HandleFunc("POST /api/resend", s.postResend)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fail(w, http.StatusNotFound, "there is nothing here") })
	own := guard(ownHosts(s.listener.Addr()), mux)
	platform := http.StripPrefix(newerBase, s.platform)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, newerBase+"/"):
			platform.ServeHTTP(w, r)
		case r.URL.Path == fakeapi.Path, !ownPath(r):
			s.platform.ServeHTTP(w, r)
		default:
			<-s.ready
			select {
			case <-s.done:
				fail(w, http.StatusServiceUnavailable, "the sandbox is about to end")
			default:
				own.ServeHTTP(w, r)
			}
		}
	})
}

// ownPath reports whether a request is not meant for the platform. Whoever posts to a wrong path has a wrong base URL, and should
// see what the platform says to that.
func ownPath(r *http.Request) bool {
	p := r.URL.Path
	return r.Method == http.MethodGet || r.Method == http.MethodHead || p == "/" ||
		strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/assets/")
}

func (s *Sandbox) file(w http.ResponseWriter, name string) {
	text, err := fs.ReadFile(page.Files, name)
	if err != nil {
		fail(w, http.StatusNotFound, "there is no such file")
		return
	}
	w.Header().Set("Content-Type", mediaTypes[path.Ext(name)])
	_, _ = w.Write(text)
}

// mediaTypes are those of the page's files, whatever the machine's own table says: a browser takes no other.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

func (s *Sandbox) getState(w http.ResponseWriter, r *http.Request) {
	seq, talks, faults, script := s.book.overview()
	found := s.log.Found()
	reply(w, http.StatusOK, map[string]any{
		"seq": seq, "bot": s.cfg.Bot, "baseURL": s.URL(), "webhook": s.shownWebhook, "crm": s.crmName(), "demo": s.demo != nil, "desk": s.desk != nil,
		"script": script, "earlier": found.Last - found.First + 1, "conversations": talks, "faults": faults,
	})
}

func (s *Sandbox) getWire(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	number := func(name string, otherwise, least, most int64) (int64, error) {
		text := query.Get(name)
		if text == "" {
			return otherwise, nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least || n > most {
			return 0, errors.New(name + " is not a number that can be used here")
		}
		return n, nil
	}
	const large = 1 << 62
	after, err := number("after", 0, 0, large)
	before, err2 := number("before", 0, 0, large)
	limit, err3 := number("limit", 200, 1, 500)
	if err := errors.Join(err, err2, err3); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	seq := s.book.newest()
	var all []wire.Exchange
	switch {
	case query.Has("after"):
		all, err = s.log.After(r.Context(), after, int(limit))
	case query.Has("before"):
		all, err = s.log.Before(r.Context(), before, int(limit))
	default:
		all, err = s.log.Last(r.Context(), int(limit))
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	reply(w, http.StatusOK, map[string]any{"seq": seq, "exchanges": s.book.fresh(all)})
}

func (s *Sandbox) postVisitor(w http.ResponseWriter, r *http.Request) {
	var act struct{ Conversation, Do, Text, To string }
	if !decode(w, r, &act) {
		return
	}
	id := act.Conversation
	var err error
	switch {
	case act.Do == "new":
		id = newConversationID()
	case id == "" || len(id) > 256:
		fail(w, http.StatusBadRequest, "conversation must have from 1 to 256 bytes")
		return
	case act.Do == "write":
		err = s.platform.Write(id, act.Text)
	case act.Do == "escalate":
		err = s.platform.Escalate(id, act.To)
	case act.Do == "leave":
		err = s.platform.Leave(id)
	default:
		fail(w, http.StatusBadRequest, `do must be write, escalate, leave or new`)
		return
	}
	if err != nil {
		fail(w, http.StatusConflict, strings.TrimPrefix(err.Error(), "fakeapi: "))
		return
	}
	if act.Do == "new" {
		s.book.open(id)
	} else {
		s.book.look(id)
	}
	s.faultsTaken()
	reply(w, http.StatusOK, map[string]string{"conversation": id})
}

// newConversationID makes an id that no earlier run has used on the same database.
func newConversationID() string { return "chat-" + strings.ToLower(rand.Text()[:8]) }

func (s *Sandbox) postDesk(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		unreadable(w, err)
		return
	}
	var event struct {
		Conversation string `json:"platformConversationId"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		unreadable(w, err)
		return
	}
	if s.desk == nil {
		fail(w, http.StatusNotImplemented, "the CRM has no desk that the sandbox knows of: see --desk")
		return
	}
	err = s.desk.Act(r.Context(), body)
	if s.book.knows(event.Conversation) {
		s.book.stale(event.Conversation)
	}
	if refusal, ok := errors.AsType[*desk.Refusal](err); ok {
		reply(w, http.StatusConflict, refusal)
		return
	}
	switch {
	case err == nil:
		reply(w, http.StatusOK, struct{}{})
	case errors.Is(err, syscall.ECONNREFUSED):
		fail(w, http.StatusServiceUnavailable, deskTrouble(err)) // nobody got it
	default:
		fail(w, http.StatusBadGateway, deskTrouble(err))
	}
}

// deskTrouble says what went wrong with a call of the desk, without the words of packages.
func deskTrouble(err error) string {
	call, ok := errors.AsType[*desk.CallError](err)
	switch {
	case !ok:
		return err.Error()
	case call.Status == 0:
		return call.Err.Error()
	}
	text := fmt.Sprintf("the desk answered %d", call.Status)
	if call.Message != "" {
		text += ": " + call.Message
	}
	if call.Err != nil {
		text += ": " + call.Err.Error()
	}
	return text
}

func (s *Sandbox) postKey(w http.ResponseWriter, r *http.Request) {
	var order struct{ Rotate bool }
	if !decode(w, r, &order) {
		return
	}
	if !order.Rotate {
		fail(w, http.StatusBadRequest, "rotate must be true")
		return
	}
	key := "key-" + strings.ToLower(rand.Text()[:16])
	if err := s.setKey(key); err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	reply(w, http.StatusOK, map[string]string{"key": key})
}

func (s *Sandbox) postResend(w http.ResponseWriter, r *http.Request) {
	var order struct{ N int64 }
	if !decode(w, r, &order) {
		return
	}
	record, status, problem := s.book.resendable(order.N)
	if problem != "" {
		fail(w, status, problem)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 15*time.Second)
	defer cancel()
	if err := s.platform.Redeliver(ctx, record); err != nil {
		fail(w, http.StatusConflict, strings.TrimPrefix(err.Error(), "fakeapi: "))
		return
	}
	reply(w, http.StatusOK, struct{}{})
}
