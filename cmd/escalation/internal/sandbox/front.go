package sandbox

import (
	"bytes"
	"html/template"
	"net/http"

	"github.com/escalationkit/escalation/cmd/escalation/internal/diagram"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/page"
	"github.com/escalationkit/escalation/fsm"
)

// front is index.html.
var front = template.Must(template.ParseFS(page.Files, "index.html"))

// drawing is the diagram as a part of the page.
var drawing = template.HTML(diagram.Inline(fsm.Default()))

// getPage answers with the page. What can be known beforehand is in it: what comes later would move the rest.
func (s *Sandbox) getPage(w http.ResponseWriter, r *http.Request) {
	facts := struct {
		BaseURL, Bot, CRM, Script string
		Diagram                   template.HTML
	}{BaseURL: s.URL(), Bot: s.cfg.Bot, CRM: s.crmName(), Diagram: drawing}
	if s.cfg.Script != nil {
		facts.Script = s.cfg.Script.Name
	}
	var text bytes.Buffer
	if err := front.Execute(&text, facts); err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", mediaTypes[".html"])
	_, _ = w.Write(text.Bytes())
}

// crmName is what the page calls the CRM.
func (s *Sandbox) crmName() string {
	switch {
	case s.demo != nil:
		return "built-in demo"
	case s.shownWebhook != "":
		return s.shownWebhook
	}
	return "none: its webhook’s URL was not given"
}
