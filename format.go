package escalation

import (
	"fmt"
	"io"
)

// Left to itself fmt would walk all that a client knows, for some verbs also through its handles, while other
// goroutines change it.

// Format writes the name of the type, for every verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "escalation.Client") }

// Format writes the name of the type, for every verb.
func (b Bot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "escalation.Bot") }

// Format writes the name of the type, for every verb. ID gives the conversation's id.
func (v *Conversation) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "escalation.Conversation")
}
