package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// patience is how long a page may take to show what it should. It is long for busy machines; nothing waits it out.
const patience = 2 * time.Minute

// scratch is the folder of the built program and of Chromium's profile.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "escalation-browser")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	scratch = dir
	code := m.Run()
	chromium.stop()
	if err := remove(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// remove removes a folder. Helpers of a browser that has ended may still write into its profile for a moment.
func remove(dir string) (err error) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-again.C {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
	}
	return err
}

// program is the built command.
var program = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(scratch, "escalation")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join("..", "..", "..", "cmd", "escalation")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
})

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}
