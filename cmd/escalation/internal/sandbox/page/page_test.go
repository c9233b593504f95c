package page_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/page"
)

// sources returns the files of the page by name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(page.Files, "*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(page.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

// found returns the first group of every match.
func found(pattern, text string) (groups []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		groups = append(groups, m[1])
	}
	return groups
}

// The page is served under a policy without exceptions; what that would stop only in a browser is stopped here too, and
// what it would let pass, text from outside that becomes elements.
func TestNothingInlineAndNoMarkupFromText(t *testing.T) {
	forbidden := map[string][]string{
		".html": {`<style`, `\sstyle=`, `\son\w+=`, `javascript:`, `<script(?:[^>]*)>[^<]`, `(?:src|href)="(?:https?:)?//`},
		".js": {
			`innerHTML`, `outerHTML`, `insertAdjacentHTML`, `document\.write`, `createContextualFragment`, `setHTML`, `srcdoc`,
			`\beval\(`, `\bFunction\(`, `\.style\b`, `'style'`, `https?://`, `\bimport\(`,
		},
		".css": {`@import`, `url\(`, `https?:`},
		".svg": {`<style`, `\sstyle=`, `<script`},
	}
	for name, text := range sources(t) {
		patterns, ok := forbidden[name[strings.LastIndex(name, "."):]]
		if !ok {
			t.Errorf("%s: a kind of file that nothing here looks at", name)
		}
		for _, p := range patterns {
			for i, line := range strings.Split(text, "\n") {
				if m := regexp.MustCompile(p).FindString(line); m != "" && !strings.Contains(line, `xmlns="`+m) {
					t.Errorf("%s:%d: %s", name, i+1, m)
				}
			}
		}
	}
}

// Everything that is loaded is there, and everything that is there is loaded.
func TestFilesLoadEachOther(t *testing.T) {
	all := sources(t)
	loaded := []string{"index.html"}
	for name, text := range all {
		loaded = append(loaded, found(`(?:src|href)="/assets/([^"]+)"`, text)...)
		if strings.HasSuffix(name, ".js") {
			loaded = append(loaded, found(`from '\./([^']+)'`, text)...)
		}
	}
	slices.Sort(loaded)
	var there []string
	for name := range all {
		there = append(there, name)
	}
	slices.Sort(there)
	if diff := cmp.Diff(there, slices.Compact(loaded)); diff != "" {
		t.Errorf("-there +loaded:\n%s", diff)
	}
}

// Every id is given once, and whatever is referred to by an id is there.
func TestIDs(t *testing.T) {
	all := sources(t)
	html := all["index.html"]
	ids := found(`\sid="([^"]+)"`, html)
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		t.Errorf("an id is given twice: %q", ids)
	}
	var wanted []string
	wanted = append(wanted, found(`\s(?:for|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"`, html)...)
	wanted = append(wanted, found(`href="#([^"]+)"`, html)...)
	for name, text := range all {
		if strings.HasSuffix(name, ".js") {
			wanted = append(wanted, found(`\bfind\('([^']+)'\)`, text)...)
			wanted = append(wanted, found(`\bcopies\('([^']+)'`, text)...)
		}
	}
	for _, id := range wanted {
		if !slices.Contains(ids, id) {
			t.Errorf("nothing has the id %q", id)
		}
	}
	if len(wanted) < 50 {
		t.Errorf("only %d references were found; the test looks for the wrong words", len(wanted))
	}
}

// The desk has a form for each kind that a CRM may send, and its reason beside it.
func TestDeskHasEveryKind(t *testing.T) {
	html := sources(t)["index.html"]
	want := []string{"escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect"}
	if diff := cmp.Diff(want, found(`<form id="desk-(\w+)" class="act[^"]*" data-kind="\w+">`, html)); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, found(`<p class="reason" id="reason-(\w+)">`, html)); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}
