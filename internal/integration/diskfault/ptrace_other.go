//go:build !linux || !amd64

package diskfault

import (
	"context"
	"os"
	"os/exec"
)

var targets map[string]target

func inject(context.Context, *exec.Cmd, []*os.File, *aim) (Outcome, error) {
	return Outcome{}, ErrUnsupported
}
