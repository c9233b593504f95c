package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that ends with ctx, or when the user or the system asks the program to stop, or the terminal
// is gone. A second request ends the program at once.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	requests := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		requests = append(requests, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, requests...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
