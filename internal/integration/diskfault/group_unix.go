//go:build unix

package diskfault

import (
	"os/exec"
	"syscall"
)

// killTogether has the end of a command's context kill all that it starts.
func killTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
