package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestTerminalGone: a program whose terminal is closed tidies up, and one that was told to outlive it does.
func TestTerminalGone(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // if it is ignored here, as by nohup, it would be ignored by whatever is started
	defer signal.Stop(heard)
	for _, tc := range []struct {
		why, start string
		outlives   bool
	}{
		{"as usual", "exec escalation listen --addr 127.0.0.1:0", false},
		{"as by nohup", "trap '' HUP; exec escalation listen --addr 127.0.0.1:0", true},
	} {
		t.Run(tc.why, func(t *testing.T) {
			temp := t.TempDir()
			cmd := exec.Command("sh", "-c", tc.start) // testscript.Main has put escalation into the path
			cmd.Env = append(os.Environ(), "TMPDIR="+temp)
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			line, err := bufio.NewReader(stdout).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			if tc.outlives {
				resp, err := http.Post(address.FindString(line), "text/plain", strings.NewReader(""))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
			_ = cmd.Wait()
			want := exitOK
			if tc.outlives {
				want = exitNotAll // what was posted was wrong
			}
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("exit code %d, want %d", got, want)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("left behind %v, %v", left, err)
			}
		})
	}
}
