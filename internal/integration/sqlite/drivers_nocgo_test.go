//go:build !cgo

package sqlite_test

import (
	"errors"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/require"
)

// TestSecondDriver stands for all that does not run here.
func TestSecondDriver(t *testing.T) {
	require.Available(t, "cgo", errors.New("built without it"), "install a C compiler, and every test runs on a second driver as well")
}
