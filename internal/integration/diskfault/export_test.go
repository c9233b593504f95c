package diskfault

import "strings"

// Interpret turns a record into a trace, as Record does.
func Interpret(record string, before []File, dir, cwd string) (*Trace, error) {
	calls, err := parse(strings.NewReader(record))
	if err != nil {
		return nil, err
	}
	return interpret(calls, before, dir, cwd, ignoreIndex)
}
