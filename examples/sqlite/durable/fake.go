package main

import (
	"strings"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// crashAt is the arrival at which -crash ends the program.
const crashAt = 4

// newFake starts a fake of the API that prints every arrival before it answers. It knows nothing of earlier runs: what it
// has printed is all that is left of it when the program dies.
func newFake(say *printer, o options) (*fakeapi.Server, error) {
	api, err := fakeapi.New(botID, apiKey, &fakeapi.Config{OnRequest: func(r fakeapi.Record) {
		say.line("  arrived at the API: %s", strings.TrimSpace(r.EventType+" "+r.Fields["text"]))
		if o.crash && r.N == crashAt {
			o.die()
		}
		time.Sleep(o.pace)
	}})
	if err != nil {
		return nil, err
	}
	if err := api.Start(); err != nil {
		return nil, err
	}
	return api, nil
}
