package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"message":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // an error is the caller's: it is gone
}

// fail answers with the form that all errors have.
func fail(w http.ResponseWriter, status int, problem string) {
	reply(w, status, map[string]string{"message": problem})
}

// decode reads a body of JSON into v, or answers why it cannot be done.
func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("something follows the JSON value")
		}
	}
	if err != nil {
		unreadable(w, err)
	}
	return err == nil
}

// unreadable answers a body that cannot be used.
func unreadable(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		fail(w, http.StatusRequestEntityTooLarge, "the body is too large")
		return
	}
	fail(w, http.StatusBadRequest, "the body is not what is wanted: "+err.Error())
}
