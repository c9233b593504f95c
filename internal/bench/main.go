package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
)

// Exit statuses.
const (
	exitOK     = 0
	exitMissed = 1 // with -strict only
	exitFailed = 2 // a measurement failed, or the command line makes no sense
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, rows)) }

// run measures the rows that the arguments choose.
func run(args []string, stdout, stderr io.Writer, all func(settings) []row) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("run", "", "measure only the rows whose name matches this regular `expression`")
	rounds := flags.Int("rounds", 61, "rounds per row, each a slice of either side")
	strict := flags.Bool("strict", false, "exit with status 1 if a budget is not met")
	var s settings
	flags.StringVar(&s.dir, "dir", "", "make databases in this `directory`, on the disk to measure (default: where temporary files go)")
	flags.IntVar(&s.idle, "idle", 200_000, "conversations of row 6; a tenth of them with SQLite")
	flags.IntVar(&s.stored, "stored", 1_000_000, "conversations of row 7; a tenth of them with an event to send")
	if err := flags.Parse(args); err != nil {
		return exitFailed
	}
	complain := func(err error) int {
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	match, err := regexp.Compile(*only)
	switch {
	case err != nil:
		return complain(err)
	case *rounds < 1:
		return complain(fmt.Errorf("-rounds is %d, must be at least 1", *rounds))
	case s.idle < leastIdle || s.stored < leastStored:
		return complain(fmt.Errorf("-idle is %d, -stored %d; must be at least %d and %d", s.idle, s.stored, leastIdle, leastStored))
	case flags.NArg() > 0:
		return complain(fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}

	m := newMeter(*rounds)
	var results []result
	failed, missed := false, false
	for _, r := range all(s) {
		if !match.MatchString(r.name) {
			continue
		}
		res, err := m.measure(r)
		if err != nil {
			complain(err)
			failed = true
			continue
		}
		missed = missed || !res.met
		results = append(results, res)
	}
	_, _ = fmt.Fprint(stdout, header(*rounds))
	if err := printTable(stdout, results); err != nil {
		return complain(err)
	}
	switch {
	case failed:
		return exitFailed
	case len(results) == 0:
		return complain(fmt.Errorf("no row matches %q", *only))
	case missed && *strict:
		return exitMissed
	}
	return exitOK
}
