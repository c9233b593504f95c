//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// openLocked refuses: without a lock that ends with its process a second store could not be kept out.
func openLocked(string) (*os.File, error) {
	return nil, fmt.Errorf("%w on %s", errors.ErrUnsupported, runtime.GOOS)
}

func closeLocked(f *os.File) error { return f.Close() }
