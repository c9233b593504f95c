// Durable keeps a conversation in a SQLite file and is made to be killed. It accepts a burst of events, a slow fake of
// the API on loopback takes them one by one, and every arrival there is printed. End the program at any moment,
// with Ctrl-C, with kill -9, or let it do so itself:
//
//	go run ./examples/sqlite/durable -crash
//	go run ./examples/sqlite/durable
//
// The second run says what the first one left, what nobody can know about it, sends the rest, and ends with the result of
// each event. Ctrl-C is not handled on purpose: a program that survives a kill need not tidy up.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.path, "db", filepath.Join(os.TempDir(), "escalation-durable.db"), "the database; it is made if it is not there")
	flag.BoolVar(&o.crash, "crash", false, "die as by kill -9 when the fourth event has arrived and is not answered yet")
	flag.DurationVar(&o.pace, "pace", 400*time.Millisecond, "how long the API takes to answer")
	flag.DurationVar(&o.settle, "settle", time.Second, "how long nothing is sent after an unknown outcome")
	flag.BoolVar(&o.retry, "retry", false, "if the conversation is parked, decide to send the event again")
	flag.Parse()
	o.die = func() {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill() // no handler runs, nothing is flushed
		}
		select {} // until the signal is there
	}
	if err := run(context.Background(), os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "durable:", err)
		os.Exit(1)
	}
}
