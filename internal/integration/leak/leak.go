// Package leak finds goroutines that tests leave behind.
package leak

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Find returns the goroutines that goleak finds. It gives them half a second to end, which a busy machine may need for
// itself, so it is asked again.
func Find() error {
	err := goleak.Find()
	for began := time.Now(); err != nil && time.Since(began) < 30*time.Second; {
		err = goleak.Find()
	}
	return err
}

// Run runs the tests, looks once more when all are done, those that ran side by side included, and returns what the process is
// to exit with.
func Run(m *testing.M) int {
	code := m.Run()
	if code == 0 {
		if err := Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}
