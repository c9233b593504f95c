package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// lockSuffix makes the name of the side lock. The database file itself is out of bounds: SQLite's locks on it vanish when
// this process opens and closes it, whatever else it does.
const lockSuffix = "-escalation.lock"

// lockFile takes the side lock of a database without waiting for it. The lock ends with the process or with Close of
// the file; the file stays, for removing it would let two stores lock two files of the same name.
func lockFile(database string) (*os.File, error) {
	switch info, err := os.Stat(database); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", ErrNoFile, err)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: it is not a regular file", ErrNoFile)
	}
	f, err := openLocked(database + lockSuffix)
	if err != nil && !errors.Is(err, ErrInUse) {
		return nil, fmt.Errorf("the side lock: %w", err)
	}
	return f, err
}
