// Command escalation works with the Widget Escalation API from the command line: it checks captured
// traffic, of any CRM in any language, against the lifecycle and the rules of the library, and prints
// what those are. Run it with --help for the commands.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
