package integration_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines once more when all tests are done, those that ran side by side included.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := leftBehind(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// leftBehind returns the goroutines that goleak finds. It gives them half a second to end, which a busy machine may need for
// itself, so it is asked again.
func leftBehind() error {
	err := goleak.Find()
	for began := time.Now(); err != nil && time.Since(began) < 30*time.Second; {
		err = goleak.Find()
	}
	return err
}
