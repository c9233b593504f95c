package events

// Inbound is an event that comes from the widget to the CRM. Like [Outbound], passed by value.
type Inbound interface {
	Event
	inbound()
}

// WidgetEscalate asks for a human agent. It opens a round of escalation.
type WidgetEscalate struct {
	EscalateTo string // target set in the bot's dialogue; optional
}

// WidgetMessage carries the visitor's words to the agent.
type WidgetMessage struct {
	Text string // required
}

// WidgetEndSession says that the visitor ended the escalated session.
type WidgetEndSession struct{}

// Kind returns KindWidgetEscalate.
func (WidgetEscalate) Kind() Kind { return KindWidgetEscalate }

// Kind returns KindWidgetMessage.
func (WidgetMessage) Kind() Kind { return KindWidgetMessage }

// Kind returns KindWidgetEndSession.
func (WidgetEndSession) Kind() Kind { return KindWidgetEndSession }

// Validate checks the form and size of the target.
func (e WidgetEscalate) Validate() error {
	return invalid(KindWidgetEscalate, checkField(fieldEscalateTo, e.EscalateTo))
}

// Validate checks that there is a text, its form and its size.
func (m WidgetMessage) Validate() error {
	return invalid(KindWidgetMessage, checkText(m.Text))
}

// Validate returns nil: the event has no fields.
func (WidgetEndSession) Validate() error { return nil }

func (WidgetEscalate) inbound()   {}
func (WidgetMessage) inbound()    {}
func (WidgetEndSession) inbound() {}
