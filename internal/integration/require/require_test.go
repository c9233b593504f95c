package require_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/integration/require"
)

// recorder notes how a test would end.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Skipf(f string, args ...any)  { r.end = "skip: " + fmt.Sprintf(f, args...) }
func (r *recorder) Fatalf(f string, args ...any) { r.end = "fail: " + fmt.Sprintf(f, args...) }

func TestAvailable(t *testing.T) {
	missing := errors.New("not found")
	for _, c := range []struct {
		why      string
		required string
		err      error
		want     string
	}{
		{"what is there is used", "", nil, ""},
		{"what is there is used, required or not", "strace", nil, ""},
		{"nobody asked for it", "", missing, "skip: needs strace (not found): install it"},
		{"another thing is required", "postgres,stracex", missing, "skip: needs strace (not found): install it"},
		{"required alone", "strace", missing, "fail: strace is required but missing (not found): install it"},
		{"required among others", "postgres, strace", missing, "fail: strace is required but missing (not found): install it"},
	} {
		t.Setenv(require.Variable, c.required)
		r := &recorder{TB: t}
		require.Available(r, "strace", c.err, "install it")
		if diff := cmp.Diff(c.want, r.end); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
