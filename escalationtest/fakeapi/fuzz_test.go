package fakeapi_test

import (
	"encoding/json"
	"testing"
)

// Whatever the body: no panic, a documented answer, and 200 only for what a plain decoder takes for an object of strings.
func FuzzBody(f *testing.F) {
	for _, c := range checkCases {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := newServer(t, nil)
		w := serve(s, body, nil)
		rec := only(t, s)
		switch w.Code {
		case 400:
			if len(rec.Problems) == 0 || rec.Processed {
				t.Errorf("%q: 400 with problems %v, processed %v", body, rec.Problems, rec.Processed)
			}
		case 200:
			var plain map[string]string
			if err := json.Unmarshal([]byte(body), &plain); err != nil || plain["platformConversationId"] == "" {
				t.Errorf("%q: accepted, but %v", body, err)
			}
			if lines := s.Widget(plain["platformConversationId"]); len(lines) != 1 || lines[0].EventType != plain["eventType"] {
				t.Errorf("%q: shown as %v", body, lines)
			}
		default:
			t.Errorf("%q: answered %d", body, w.Code)
		}
	})
}
