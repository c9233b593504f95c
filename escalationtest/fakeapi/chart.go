package fakeapi

import (
	"reflect"
	"strings"
)

// A shownChart names a chart that an assertion showed to a test.
type shownChart struct {
	tb   TB
	talk talkID
}

// chart returns the report of a conversation, or a word on where it is if an assertion has shown the same to this test.
func chart(tb TB, v Viewer, conversationID string) string {
	var b *Bot
	switch v := v.(type) {
	case *Server:
		b = v.mainBot()
	case *Bot:
		b = v
	}
	text := v.Report(conversationID)
	if b == nil || !reflect.ValueOf(tb).Comparable() {
		return text
	}
	where := shownChart{tb: tb, talk: b.talkID(conversationID)}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	if b.s.charts[where] == text {
		head, _, _ := strings.Cut(text, "\n")
		return head + ": chart above\n"
	}
	if b.s.charts == nil {
		b.s.charts = map[shownChart]string{}
	}
	b.s.charts[where] = text
	return text
}
