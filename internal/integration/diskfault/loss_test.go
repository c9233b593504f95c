package diskfault_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
	"github.com/escalationkit/escalation/internal/integration/require"
)

const seed = 1

// record runs the child once.
func record(t *testing.T, how string) *diskfault.Trace {
	t.Helper()
	require.Strace(t)
	dir := t.TempDir()
	trace, err := diskfault.Record(t.Context(), child(t.Context(), how, dir), dir, nil)
	check(t, err)
	if len(trace.Marks) != 2*rows {
		t.Fatalf("%d marks", len(trace.Marks))
	}
	return trace
}

// TestFullKeepsPromises: whatever was accepted survives a loss of power at any moment.
func TestFullKeepsPromises(t *testing.T) {
	t.Parallel()
	trace := record(t, "full")
	done, err := trace.Images(t.Context(), seed, verifyImage, nil)
	t.Logf("%d operations, %+v", len(trace.Ops), done)
	if err != nil {
		keep(t, trace)
		t.Fatal(err)
	}
	if done.Images < 200 {
		t.Errorf("%d images: too few to mean anything", done.Images)
	}
}

// TestLooserLosesPromises: with less than FULL, or a disk that ignores what FULL asks of it, the suite finds a promise
// that was not kept. A suite that does not would find nothing in our own store either.
func TestLooserLosesPromises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, how string
		damage   func(*diskfault.Trace)
		want     error // nil: any; a disk that keeps nothing right damages the database before it loses a row
	}{
		{"NORMAL syncs at checkpoints only", "normal", func(*diskfault.Trace) {}, errLost},
		{"OFF never syncs", "off", func(*diskfault.Trace) {}, nil},
		{"no sync has an effect", "full", without(diskfault.Sync), nil},
		{"names are not kept", "full", without(diskfault.SyncDir), nil},
		{"one write is lost though it was synced", "full", loseOne, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			trace := record(t, c.how)
			c.damage(trace)
			done, err := trace.Images(t.Context(), seed, verifyImage, nil)
			t.Logf("%+v: %v", done, err)
			found, ok := errors.AsType[*diskfault.ImageError](err)
			if !ok || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("the suite found %v", err)
			}
			// What it says is enough to see it again.
			if again := verifyImage(trace.Image(seed, found.Point, found.Choice)); again == nil || !strings.HasSuffix(err.Error(), again.Error()) {
				t.Errorf("built again, the image shows %v", again)
			}
		})
	}
}

// without takes out all operations of a kind.
func without(kind diskfault.Kind) func(*diskfault.Trace) {
	return func(t *diskfault.Trace) {
		t.Ops = slices.DeleteFunc(t.Ops, func(op diskfault.Op) bool { return op.Kind == kind })
	}
}

// loseOne takes out the write of the last page to the write-ahead log.
func loseOne(t *diskfault.Trace) {
	wal, last := 0, 0
	for i, op := range t.Ops {
		switch {
		case op.Kind == diskfault.Create && op.Name == "a.db-wal":
			wal = op.File
		case op.Kind == diskfault.Write && op.File == wal && wal != 0:
			last = i
		}
	}
	t.Ops = slices.Delete(t.Ops, last, last+1)
}

// keep leaves a trace behind that shows a failure.
func keep(t *testing.T, trace *diskfault.Trace) {
	t.Helper()
	path := t.ArtifactDir() + "/trace"
	check(t, trace.Save(path))
	t.Logf("the trace is in %s", path)
}
