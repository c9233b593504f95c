package statemachine_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes fewer cases than rapid would: each waits for the disk some hundred times.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue && os.Getenv("ESCALATION_HEAVY") != "1" {
		if err := f.Value.Set("30"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
