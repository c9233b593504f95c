package browser_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watch collects what a page must not do: write errors or warnings to the console, throw, break its policy, open dialogs, crash,
// or ask anybody but its own server for something.
type watch struct {
	mu       sync.Mutex
	origin   string
	problems []string
}

// hear is called with every event of the page, in their order.
func (w *watch) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeLog && e.Type != runtime.ConsoleAPICalledTypeInfo && e.Type != runtime.ConsoleAPICalledTypeDebug {
			w.note("console.%s: %s", e.Type, arguments(e.Args))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		w.note("exception: %s", text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			w.note("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		details, _ := json.Marshal(e.Issue.Details)
		w.note("issue: %s %s", e.Issue.Code, details)
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, w.origin+"/") && !strings.HasPrefix(u, "data:") {
			w.note("request: %s", u)
		}
	case *cdppage.EventJavascriptDialogOpening:
		w.note("dialog: %s", e.Message)
	case *inspector.EventTargetCrashed:
		w.note("the page crashed")
	}
}

func (w *watch) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// take returns the problems so far, but for those that match a pattern, and forgets them.
func (w *watch) take(tolerated ...*regexp.Regexp) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := slices.DeleteFunc(w.problems, func(s string) bool {
		return slices.ContainsFunc(tolerated, func(r *regexp.Regexp) bool { return r.MatchString(s) })
	})
	w.problems = nil
	return got
}

func arguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a.Description != "" {
			all = append(all, a.Description)
		} else {
			all = append(all, string(a.Value))
		}
	}
	return strings.Join(all, " ")
}
