package wire_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// TestMain is also another process that has a log open.
func TestMain(m *testing.M) {
	if path := os.Getenv("WIRE_TEST_HOLD"); path != "" {
		hold(path)
		return
	}
	os.Exit(m.Run())
}

// hold opens the log, says so, and keeps it until its standard input ends.
func hold(path string) {
	l, err := wire.Open(context.Background(), path, nil)
	fmt.Println("open:", err)
	buf := make([]byte, 1)
	_, _ = os.Stdin.Read(buf)
	if err == nil {
		l.Close()
	}
}

// TestOneWriter: a second log is refused in this process and in others, also after the first process was killed, but readers
// are welcome.
func TestOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "WIRE_TEST_HOLD="+path)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 100)
	n, err := stdout.Read(said)
	if got := string(said[:n]); err != nil || got != "open: <nil>\n" {
		t.Fatalf("the other process: %q, %v", got, err)
	}
	if _, err := wire.Open(t.Context(), path, nil); !errors.Is(err, wire.ErrInUse) {
		t.Errorf("beside another process: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed

	l := open(t, path, nil)
	_, err = wire.Open(t.Context(), path, nil)
	want := fmt.Sprintf("wire: database %q: it is in use by another program", path)
	if !errors.Is(err, wire.ErrInUse) || err.Error() != want {
		t.Errorf("beside another log: %v, want %s", err, want)
	}
	add(t, l, "one")
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := wire.OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := r.Last(t.Context(), 10)
	if diff := cmp.Diff([]int64{1}, numbers(all)); err != nil || diff != "" {
		t.Errorf("a reader: %v %s", err, diff)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, nil)
}

// TestLockedByOthers: a program that keeps the database locked is waited for, and then named as the reason.
func TestLockedByOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := open(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.Open(t.Context(), path, &wire.Config{Busy: 20 * time.Millisecond}); !errors.Is(err, wire.ErrInUse) {
		t.Errorf("locked: %v", err)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	open(t, path, nil)
}

// TestForeignFilesAreLeftAlone opens what it must not touch, and compares every byte afterwards.
func TestForeignFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	foreign, wal := filepath.Join(dir, "accounts.db"), filepath.Join(dir, "accounts with a log.db")
	for path, mode := range map[string]string{foreign: "DELETE", wal: "WAL"} {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("PRAGMA journal_mode = " + mode + "; CREATE TABLE account (name TEXT)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	text := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short.txt")
	if err := os.WriteFile(short, []byte("hi"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, names := contents(t, dir), entries(t, dir)
	for _, path := range []string{foreign, wal, text, short} {
		_, err := wire.Open(t.Context(), path, nil)
		want := fmt.Sprintf("wire: database %q: it is not a database that this program made", path)
		if !errors.Is(err, wire.ErrForeign) || err.Error() != want {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if _, err := wire.OpenReader(t.Context(), path); !errors.Is(err, wire.ErrForeign) {
			t.Errorf("reading %s: %v", filepath.Base(path), err)
		}
	}
	if diff := cmp.Diff(names, entries(t, dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(string(before), string(contents(t, dir))); diff != "" {
		t.Error("a file was changed")
	}
}

// entries returns the names in a folder.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestReadingLeavesNothing: a file that nobody writes is read without a trace, so that it can be read where nothing may be
// written; an empty one is none of ours.
func TestReadingLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	l := open(t, path, nil)
	add(t, l, "one")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before := entries(t, dir)
	r, err := wire.OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Last(t.Context(), 10)
	if err != nil || len(all) != 1 {
		t.Errorf("%d exchanges, %v", len(all), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, entries(t, dir)); diff != "" {
		t.Errorf("files (-before +after)\n%s", diff)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.OpenReader(t.Context(), empty); !errors.Is(err, wire.ErrForeign) {
		t.Errorf("an empty file: %v", err)
	}
}

// TestOneWriterByAnyName: a file has one lock, by whatever links it is reached.
func TestOneWriterByAnyName(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "real", "x.db")
	folder, file := filepath.Join(dir, "folder"), filepath.Join(dir, "file.db")
	for link, to := range map[string]string{folder: filepath.Dir(path), file: path} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	open(t, filepath.Join(folder, "x.db"), nil) // which makes it
	for _, name := range []string{path, file, filepath.Join(folder, "x.db")} {
		if _, err := wire.Open(t.Context(), name, nil); !errors.Is(err, wire.ErrInUse) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPathsThatCannotBe(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	for _, c := range []struct{ path, want string }{
		{dir, "it is not a regular file"},
		{filepath.Join(dir, "no", "such.db"), "the file cannot be opened or made"},
		{"file:x.db", "a path is wanted, not a URL"},
	} {
		_, err := wire.Open(t.Context(), c.path, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
	if _, err := wire.OpenReader(t.Context(), filepath.Join(dir, "none.db")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("reading what is not there: %v", err)
	}
	if _, err := wire.OpenReader(t.Context(), ""); err == nil || len(entries(t, os.Getenv("TMPDIR"))) > 0 {
		t.Error("reading a file without a name")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestTemporaryFilesGo: a log without a path leaves nothing.
func TestTemporaryFilesGo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	l := open(t, "", nil)
	add(t, l, "one")
	if _, err := os.Stat(l.Path()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestNoPlaceForTemporaryFiles: in a container there may be none, which is not the fault of a file that nobody named.
func TestNoPlaceForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if _, err := wire.Open(t.Context(), "", nil); err == nil || !strings.HasPrefix(err.Error(), "wire: a temporary folder for the database cannot be made: ") {
		t.Errorf("%v", err)
	}
}

// TestWriteErrorsAreTold takes the table away: the log says so, and nobody waits for it.
func TestWriteErrorsAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	l := open(t, path, nil)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DROP TABLE wire_exchange"); err != nil {
		t.Fatal(err)
	}
	add(t, l, "one")
	<-l.Failed()
	if l.Err() == nil || !strings.HasPrefix(l.Err().Error(), "wire: the log cannot be written: ") {
		t.Errorf("error %v", l.Err())
	}
	for range 1000 { // more than fit into a queue
		if _, err := l.Append(exchange("")); err == nil {
			t.Fatal("an exchange was taken that cannot be written")
		}
	}
	if _, err := l.Last(t.Context(), 1); err == nil {
		t.Error("a read does not tell")
	}
	if err := l.Close(); err == nil {
		t.Error("Close does not tell")
	}
}
