package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// talkative are commands that print something, with the exit code if nothing keeps them from it.
func talkative(t *testing.T) map[string]struct {
	args []string
	code int
} {
	t.Helper()
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(crm.Close)
	file := filepath.Join(t.TempDir(), "log.db")
	log, err := wire.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.Append(wire.Exchange{Direction: wire.ToCRM, Method: "POST", URL: crm.URL, Kind: "widgetEndSession", Conversation: "1", Body: "{}"})
	if err = errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	return map[string]struct {
		args []string
		code int
	}{
		"doctor":         {[]string{"doctor", "--bot", "5f3a"}, exitOK},
		"doctor, wrong":  {[]string{"doctor", "--bot", "a b", "--json"}, exitNotAll},
		"trigger":        {[]string{"trigger", "widgetEscalate", "--webhook", crm.URL}, exitOK},
		"trigger, wrong": {[]string{"trigger", "widgetEscalate", "--webhook", crm.URL + "/broken", "--json"}, exitNotAll},
		"resend, a list": {[]string{"resend", "--db", file}, exitOK},
		"resend":         {[]string{"resend", "--db", file, "1"}, exitOK},
		"resend, wrong":  {[]string{"resend", "--db", file, "1", "--webhook", crm.URL + "/broken"}, exitNotAll},
	}
}

func TestOutputsOfCommandsThatSend(t *testing.T) {
	for name, c := range talkative(t) {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), c.args, strings.NewReader(""), &stdout, &stderr); code != c.code || stderr.Len() > 0 || stdout.Len() == 0 {
			t.Errorf("%s: exit code %d, standard error %q", name, code, &stderr)
		}
	}
}

// TestOutputThatFails: it is told once; a reader who has gone away has seen enough.
func TestOutputThatFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	commands := talkative(t)
	commands["listen"] = struct {
		args []string
		code int
	}{[]string{"listen", "--addr", "127.0.0.1:0"}, exitOK}
	for name, c := range commands {
		var stderr bytes.Buffer
		code := run(t.Context(), c.args, nil, failing{errors.New("disk full")}, &stderr)
		if code != exitUsage || strings.Count(stderr.String(), "disk full") != 1 {
			t.Errorf("%s: exit code %d, standard error %q", name, code, &stderr)
		}
		reader, stdout, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		stderr.Reset()
		if code := run(t.Context(), c.args, nil, stdout, &stderr); code != c.code || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, standard error %q for a reader who has gone", name, code, &stderr)
		}
		stdout.Close()
	}
}

// TestAReaderWhoGoesLeavesNothingBehind: the program as it is built ends by itself, though there is more to play for an hour, and
// tidies up, instead of being killed.
func TestAReaderWhoGoesLeavesNothingBehind(t *testing.T) {
	temp, files := t.TempDir(), t.TempDir()
	args := []string{"verify", "--timeout", "1h"}
	play := func(name, steps string) {
		t.Helper()
		file := filepath.Join(files, name+".json")
		text := `{"name":"` + name + `","about":"x","steps":[{"fault":{"delay":"1ms"},"all":true,"note":"alone"},{"visitor":"escalate"}` + steps + `]}`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	for n := range 10 { // one after the other: by the end of the last the reader has gone
		play(fmt.Sprint("short-", n), "")
	}
	play("long", `,{"wait":{"state":"connected"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a program that goes on runs into it
	defer cancel()
	cmd := exec.CommandContext(ctx, "escalation", args...) // testscript.Main has put it into the path
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !address.MatchString(line) {
		t.Errorf("%q, %v", line, err)
	}
	stdout.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitNotAll || stderr.Len() > 0 {
		t.Errorf("%v, standard error %q", err, &stderr)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// TestListenStopsWhenItCannotTell: a full disk is noticed with the first exchange, and the CRM still gets its answer.
func TestListenStopsWhenItCannotTell(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stdout := &fullAfter{first: make(chan string, 1)}
	var stderr bytes.Buffer
	done := make(chan int)
	go func() { done <- run(t.Context(), []string{"listen", "--addr", "127.0.0.1:0"}, nil, stdout, &stderr) }()
	url := address.FindString(<-stdout.first)
	resp, err := http.Post(url, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if code := <-done; resp.StatusCode != http.StatusNotFound || code != exitUsage || strings.Count(stderr.String(), "disk full") != 1 {
		t.Errorf("answered %d, exit code %d, standard error %q", resp.StatusCode, code, &stderr)
	}
}

// fullAfter takes one write.
type fullAfter struct {
	first chan string
	n     int
}

func (f *fullAfter) Write(p []byte) (int, error) {
	if f.n++; f.n > 1 {
		return 0, errors.New("disk full")
	}
	f.first <- string(p)
	return len(p), nil
}

var _ io.Writer = (*fullAfter)(nil)

// TestResendKeepsHalfABodyBack: what was not recorded as it was would be another event.
func TestResendKeepsHalfABodyBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.db")
	log, err := wire.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	const key = "s3cret-of-our-own"
	log.Hide(key)
	_, long := log.Append(wire.Exchange{Direction: wire.ToCRM, URL: "http://127.0.0.1:1", Body: strings.Repeat(" ", wire.MaxBody+1)})
	_, secret := log.Append(wire.Exchange{Direction: wire.ToCRM, URL: "http://127.0.0.1:1", Body: `{"text":"` + key + `"}`})
	_, place := log.Append(wire.Exchange{Direction: wire.ToCRM, URL: "http://127.0.0.1:1/" + key, Body: "{}"})
	if err = errors.Join(long, secret, place, log.Close()); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[string]string{
		"1": "escalation: exchange 1: only the beginning of its body was recorded\n",
		"2": "escalation: exchange 2: its body was recorded without a secret that it held\n",
		"3": "escalation: exchange 3: its URL was recorded without a secret that it held: give --webhook\n",
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"resend", "--db", file, n}, nil, &stdout, &stderr)
		if code != exitUsage || stdout.Len() > 0 || stderr.String() != want {
			t.Errorf("%s: exit code %d, %q, %q", n, code, &stdout, &stderr)
		}
	}
}
