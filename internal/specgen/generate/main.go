// Command generate writes the generated files of the specification and the documentation.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/escalationkit/escalation/internal/specgen"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stderr))
}

// run writes the files below the root named in args and returns the exit code.
func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", ".", "the root `directory` of the module")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := write(*root); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func write(root string) error {
	files, err := specgen.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(root, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
