package desk

import (
	"errors"
	"io"
	"mime"
	"net/http"
)

// NewHandler serves a desk at whatever path it is mounted. Its answers:
//
//	200  a view
//	202  the event was taken
//	400  the body cannot be read to its end, or the query does not name one conversation
//	405  neither GET nor POST, or a GET and the desk offers no view; Allow names what there is
//	409  the event was refused: a Refusal
//	413  body over MaxBody
//	415  not application/json. A page of another origin cannot send that without asking first, and is not answered
//	500  the desk returned another error, whose text is the "message"
//
// How long a body may take is for the ReadTimeout of the http.Server.
func NewHandler(d Desk) http.Handler { return &handler{d} }

type handler struct{ desk Desk }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		h.act(w, r)
	case http.MethodGet:
		h.view(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		writeJSON(w, http.StatusMethodNotAllowed, trouble{"an agent acts with POST, and looks with GET"})
	}
}

func (h *handler) act(w http.ResponseWriter, r *http.Request) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		writeJSON(w, http.StatusUnsupportedMediaType, trouble{"Content-Type is not application/json"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		writeJSON(w, http.StatusRequestEntityTooLarge, trouble{"the body is too large"})
		return
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, trouble{"the body cannot be read"})
		return
	}
	err = h.desk.Act(r.Context(), body)
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		writeJSON(w, http.StatusAccepted, struct{}{})
	case refused:
		writeJSON(w, http.StatusConflict, refusal.withLists())
	default:
		writeJSON(w, http.StatusInternalServerError, trouble{err.Error()})
	}
}

func (h *handler) view(w http.ResponseWriter, r *http.Request) {
	ids := r.URL.Query()["conversation"]
	if len(ids) != 1 || ids[0] == "" {
		writeJSON(w, http.StatusBadRequest, trouble{"the query does not name one conversation"})
		return
	}
	view, err := h.desk.View(r.Context(), ids[0])
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, view.withLists())
	case errors.Is(err, ErrNoView):
		w.Header().Set("Allow", "POST")
		writeJSON(w, http.StatusMethodNotAllowed, trouble{"this desk offers no view"})
	default:
		writeJSON(w, http.StatusInternalServerError, trouble{err.Error()})
	}
}
