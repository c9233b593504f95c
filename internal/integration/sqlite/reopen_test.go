package sqlite_test

import (
	"os/exec"
	"testing"
)

// TestCloseGivesUpTheLockAtOnce: a process that is being started holds copies of all descriptors for a moment, that of the
// side lock among them.
func TestCloseGivesUpTheLockAtOnce(t *testing.T) {
	b := backends[0]
	db := b.db(t, newPath(t))
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := exec.Command("true").Run(); err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 100 {
		check(t, open(t, db, nil).Close())
	}
	close(stop)
	check(t, <-stopped)
}
