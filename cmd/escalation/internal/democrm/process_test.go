package democrm_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// The environment of a process that is a CRM: its database, and where the platform is.
const envDatabase, envPlatform = "DEMOCRM_TEST_DATABASE", "DEMOCRM_TEST_PLATFORM"

// TestMain lets this program be a CRM that can be killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(envDatabase); path != "" {
		if err := serve(path, os.Getenv(envPlatform)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve is a CRM until standard input ends.
func serve(path, platform string) error {
	db, err := democrm.OpenDatabase(path)
	if err != nil {
		return err
	}
	verifier, err := webhook.SharedSecret(header, secret)
	if err != nil {
		return err
	}
	crm, err := democrm.Start(context.Background(), democrm.Config{
		DB: db, BaseURL: platform, Bot: bot, Key: key, Verifier: verifier, Settle: 20 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	fmt.Println(crm.WebhookURL(), crm.DeskURL())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startProcess starts a CRM as a process of its own.
func startProcess(t *testing.T, api *fakeapi.Server, path string) (w *world, kill func()) {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), envDatabase+"="+path, envPlatform+"="+api.URL())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	_, err = cmd.StdinPipe() // ends when this process does
	must(t, err)
	must(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	t.Cleanup(kill)
	var hook, at string
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	_, err = fmt.Sscan(line, &hook, &at)
	must(t, err)
	return between(t, api, nil, hook, at), kill
}
