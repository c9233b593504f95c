package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/leak"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// The test binary is its own other process: with these set it opens the database and writes until it is killed.
const (
	childDriver = "ESCALATION_SQLITE_CHILD_DRIVER"
	childPath   = "ESCALATION_SQLITE_CHILD_PATH"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childDriver); name != "" {
		os.Exit(child(name, os.Getenv(childPath)))
	}
	// Random walks wait for the disk at every step: a quarter of the usual number, unless one was asked for.
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("25")
	}
	os.Exit(leak.Run(m))
}

// child says "refused" if the database is in use; else it commits one conversation after the other and tells each.
func child(name, path string) int {
	ctx := context.Background()
	for _, b := range backends {
		if b.name != name {
			continue
		}
		db, err := sql.Open(b.name, b.dsn(path))
		if err != nil {
			fmt.Println(err)
			return 1
		}
		s, err := sqlitestore.Open(ctx, db, nil)
		if errors.Is(err, sqlitestore.ErrInUse) {
			fmt.Println("refused")
			return 0
		}
		for n := 0; err == nil; n++ {
			if err = s.Commit(ctx, opened(fmt.Sprint(n))); err == nil {
				fmt.Println(n)
			}
		}
		fmt.Println(err)
	}
	return 1
}

// spawn starts the other process and returns its output, line by line.
func (b backend) spawn(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childDriver+"="+b.name, childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// TestOtherProcessIsRefused, for as long as the store here is open.
func TestOtherProcessIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		open(t, b.db(t, path), nil)
		cmd, lines := b.spawn(t, path)
		if !lines.Scan() || lines.Text() != "refused" {
			t.Errorf("the other process says %q, want that it was refused", lines.Text())
			check(t, cmd.Process.Kill())
		}
		_ = cmd.Wait()
	})
}

// TestKilledProcess: its store keeps others out while it lives; when it is killed the database is free, and every commit that it
// reported is there.
func TestKilledProcess(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		cmd, lines := b.spawn(t, path)
		reported := -1
		for range 20 {
			if !lines.Scan() {
				t.Fatal("the other process ended by itself")
			}
			_, err := fmt.Sscan(lines.Text(), &reported)
			check(t, err)
		}
		db := b.db(t, path)
		if err := refused(t, db, nil); !errors.Is(err, sqlitestore.ErrInUse) {
			t.Errorf("while it lives: %v, want ErrInUse", err)
		}
		check(t, cmd.Process.Kill())
		for lines.Scan() { // what it reported before it died; the last line may be cut off
			var n int
			if _, err := fmt.Sscan(lines.Text(), &n); err == nil && n == reported+1 {
				reported = n
			}
		}
		if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
			t.Log(err)
		}
		_ = cmd.Wait()
		s := open(t, db, nil)
		for n := range reported + 1 {
			if r := revision(t, s, fmt.Sprint(n)); r != 1 {
				t.Errorf("conversation %d of %d: revision %d, want 1", n, reported+1, r)
			}
		}
	})
}
