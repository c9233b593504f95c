// Quickstart plays a whole escalation on this machine and prints what went over the wire: a fake of the
// API listens on loopback, the CRM's side is made of this library, and a visitor posts webhooks to it.
//
//	go run ./examples/quickstart
//
// It ends with status 1 if anything is not as it should be.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout, story); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run plays the scenes on a fresh stage.
func run(ctx context.Context, out io.Writer, scenes []scene) (err error) {
	s, err := newStage(ctx, out)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.close(ctx); err == nil {
			err = closeErr
		}
	}()
	for _, scene := range scenes {
		if err := s.play(ctx, scene); err != nil {
			return fmt.Errorf("%v: %w", scene.event.Kind(), err)
		}
	}
	return s.checkWidget()
}
