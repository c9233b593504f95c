package main

import (
	"context"
	"fmt"
)

// What the program prints: a row and its event come and go together.
func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Ann takes the ticket, but her line breaks before the commit.
	//   error: the line is broken
	//   tickets: 0, events: 0
	// Ben takes it.
	//   escalationSuccess is event 1, acknowledged
	//   tickets: 1, events: 1
	// Cem wants it too: the event is refused, so his row is not kept either.
	//   error: rules: escalationSuccess refused in state connected: sequence: an agent is connected already; allowed: message, agentDisconnect
	//   tickets: 1, events: 1
}
