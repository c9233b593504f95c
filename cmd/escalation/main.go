// Command escalation works with the Widget Escalation API from the command line: it checks captured
// traffic, of any CRM in any language, against the lifecycle and the rules of the library, and prints
// what those are. Run it with --help for the commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // or a reader who goes would kill the program before it has tidied up; the write says it as well
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
