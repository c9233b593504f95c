package httptransport

import (
	"errors"
	"io"
	"testing"
)

// TestPayload: net/http reads once more behind the last byte, maybe after the answer came. That
// must be a plain end; an error there would cost the connection and the answer's body.
func TestPayload(t *testing.T) {
	for _, tc := range []struct {
		why  string
		read int // bytes read before detach, of 4
		end  error
	}{
		{"detached after the last byte", 4, io.EOF},
		{"detached in the middle", 3, errDetached},
		{"detached before the first byte", 0, errDetached},
	} {
		p := &payload{rest: []byte("text")}
		if _, err := io.ReadFull(p, make([]byte, tc.read)); err != nil {
			t.Fatal(err)
		}
		if whole := p.detach(); whole != (tc.read == 4) || p.rest != nil {
			t.Errorf("%s: whole is %v, %q is kept", tc.why, whole, p.rest)
		}
		if n, err := p.Read(make([]byte, 4)); n != 0 || !errors.Is(err, tc.end) {
			t.Errorf("%s: Read gives %d, %v; want %v", tc.why, n, err, tc.end)
		}
	}
}
