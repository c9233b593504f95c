package listen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// record keeps and tells an exchange. The caller holds mu.
func (r *Recorder) record(req *http.Request, x wire.Exchange, back passed, v verdict) {
	x.Took = float64(time.Since(x.At).Microseconds()) / 1000
	x.Status, x.Outcome, x.Answer = back.status, wire.Answered, strings.ToValidUTF8(string(back.beginning()), "?")
	if back.err != nil {
		x.Outcome, x.Detail = wire.Failed, fmt.Sprintf("%v; the caller was answered %d", back.err, back.status)
		x.Status = 0
	}
	switch {
	case back.gone:
		x.Outcome, x.Detail = wire.Failed, "the caller had gone when the answer came"
	case back.broke:
		x.Outcome, x.Detail = wire.Failed, "the answer broke off, and so it did for the caller"
	}
	told := Exchange{Notes: []wire.Finding{}}
	for _, f := range v.findings {
		if f.Note {
			told.Notes = append(told.Notes, f.Finding)
		} else {
			x.Findings = append(x.Findings, f.Finding)
		}
	}
	x.Body, x.Answer = keyless(req, x.Body), keyless(req, x.Answer)
	kept, err := r.cfg.Log.Append(x)
	told.Exchange = kept
	if x.Direction == wire.ToWidget {
		r.totals.Requests++
		told.State, told.Round = v.state.String(), v.state.Round
	} else {
		r.totals.Webhooks++
	}
	r.totals.Findings += len(x.Findings)
	if r.cfg.Bodies != nil && err == nil && back.whole() && (back.status/100 == 2 || back.status == http.StatusBadRequest) {
		_, err = r.cfg.Bodies.Write(line(x.Body))
	}
	if r.cfg.Tell != nil && err == nil {
		err = r.cfg.Tell(told)
	}
	if err != nil && r.err == nil {
		r.err = err
		close(r.failed)
	}
}

// keyless returns text without the request's key, which an answer may repeat when it refuses it.
func keyless(req *http.Request, text string) string {
	for _, v := range req.Header["Authorization"] {
		words := strings.Fields(v)
		if len(words) == 0 {
			continue
		}
		for _, key := range []string{v, words[len(words)-1]} { // perhaps behind a scheme word
			if len(key) >= wire.MinSecret { // a shorter one may be an ordinary word
				text = strings.ReplaceAll(text, key, "[hidden]")
			}
		}
	}
	return text
}

// line returns a body as one line that says the same to check.
func line(body string) []byte {
	if strings.TrimSpace(body) == "" {
		return []byte("null\n") // a blank line would be no call at all
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(body)) != nil {
		b.Reset()
		b.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(body))
	}
	b.WriteByte('\n')
	return b.Bytes()
}
