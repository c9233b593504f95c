package diskfault_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
)

// childVariable makes the test binary the program under test: how SQLite synchronises, and where.
const childVariable = "ESCALATION_DISKFAULT_CHILD"

func TestMain(m *testing.M) {
	if how, dir, ok := strings.Cut(os.Getenv(childVariable), ","); ok {
		if err := work(how, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is the command that does work in a directory.
func child(ctx context.Context, how, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+how+","+dir)
	return cmd
}

const rows = 12

// work adds rows to a database, one transaction each. It says of each row that it will be added and then that
// it is for good. Checkpoints come often, so that every kind of write does. It stops at the first error.
func work(how, dir string) error {
	if how == "hang" {
		fmt.Println("ready")
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM)
		<-ended
		return errors.New("ended")
	}
	db, err := open(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range []string{
		"pragma journal_mode = wal", "pragma synchronous = " + how, "pragma wal_autocheckpoint = 6",
		"create table t (n integer primary key, body blob)",
	} {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	for n := 1; n <= rows; n++ {
		fmt.Println("asked", n)
		if _, err := db.Exec("insert into t values (?, ?)", n, body(n)); err != nil {
			return err
		}
		fmt.Println("accepted", n)
	}
	return db.Close()
}

// body is what row n holds: on one page or on three.
func body(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 100+n%3*4000) }

func open(dir string) (*sql.DB, error) {
	source := url.URL{Scheme: "file", Path: filepath.Join(dir, "a.db")}
	db, err := sql.Open("sqlite", source.String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// promises says up to which row the lines ask, and up to which they promise.
func promises(lines []string) (asked, accepted int) {
	for _, line := range lines {
		verb, number, _ := strings.Cut(line, " ")
		switch n, err := strconv.Atoi(number); {
		case err != nil:
		case verb == "asked":
			asked = n
		case verb == "accepted":
			accepted = n
		}
	}
	return asked, accepted
}

// errLost: a promise was not kept.
var errLost = errors.New("lost")

// verify holds a database against the lines that were printed.
func verify(dir string, lines []string) error {
	asked, accepted := promises(lines)
	db, err := open(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	var sound string
	if _, err := db.Exec("pragma synchronous = off"); err != nil { // nobody pulls the plug here
		return err
	}
	if err := db.QueryRow("pragma integrity_check").Scan(&sound); err != nil {
		return fmt.Errorf("integrity_check: %w", err)
	} else if sound != "ok" {
		return fmt.Errorf("integrity_check: %q", sound)
	}
	var tables int
	if err := db.QueryRow("select count(*) from sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		if accepted > 0 {
			return fmt.Errorf("%w: the table, with %d rows accepted", errLost, accepted)
		}
		return nil
	}
	found, err := db.Query("select n, body from t order by n")
	if err != nil {
		return err
	}
	defer found.Close()
	last := 0
	for found.Next() {
		var n int
		var got []byte
		if err := found.Scan(&n, &got); err != nil {
			return err
		}
		if last++; n != last || !bytes.Equal(got, body(n)) {
			return fmt.Errorf("row %d is number %d with %d bytes", last, n, len(got))
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	if last < accepted {
		return fmt.Errorf("%w: %d rows of %d accepted", errLost, last, accepted)
	}
	if last > asked {
		return fmt.Errorf("%d rows of %d asked for", last, asked)
	}
	return db.Close()
}

// verifyImage is verify for images.
func verifyImage(image diskfault.Image) error {
	dir, err := os.MkdirTemp("", "image")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := image.WriteTo(dir); err != nil {
		return err
	}
	return verify(dir, image.Marks)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
