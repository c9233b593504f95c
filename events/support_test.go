package events_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/google/go-cmp/cmp"
)

// found is a Problem without its prose: what a test expects of a refusal.
type found struct {
	Code  events.Code
	Field string
}

// problems returns what err lists; nil for no error. Anything but an *InvalidError fails the test.
func problems(t testing.TB, err error) []found {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v is a %T, want *events.InvalidError", err, err)
	}
	list := []found{}
	for _, p := range invalid.Problems {
		list = append(list, found{p.Code, p.Field})
	}
	return list
}

// kindOf returns the Kind that an *InvalidError names.
func kindOf(err error) events.Kind {
	if invalid, ok := errors.AsType[*events.InvalidError](err); ok {
		return invalid.Kind
	}
	return 0
}

// demandReason fails a case that does not say why it expects what it expects.
func demandReason(t *testing.T, why string) {
	t.Helper()
	if why == "" {
		t.Fatal("the case gives no reason")
	}
}

// diff fails the test if got is not want.
func diff(t testing.TB, what string, want, got any) {
	t.Helper()
	if err, ok := got.(error); ok {
		got = err.Error() // go-cmp cannot look into every error
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// tree reads JSON without the package under test.
func tree(t testing.TB, body []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	return value
}

// quote writes a JSON string without the package under test.
func quote(t testing.TB, s string) string {
	t.Helper()
	quoted, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}
