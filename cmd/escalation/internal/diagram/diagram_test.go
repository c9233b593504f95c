package diagram_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/diagram"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// After a change to the drawing: go test ./internal/diagram -update, and look at the pictures before they are committed.
var update = flag.Bool("update", false, "write the golden files in testdata anew")

func compile(t *testing.T, rows []fsm.Row, on ...fsm.Switch) *fsm.Table {
	t.Helper()
	table, err := fsm.Compile(rows, on...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestGolden(t *testing.T) {
	for name, table := range map[string]*fsm.Table{
		"default.svg": fsm.Default(),
		"lenient.svg": compile(t, fsm.Rows(), fsm.Switches()...),
	} {
		got := diagram.SVG(table)
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s is out of date; see -update (-file +table):\n%s", golden, diff)
		}
		if got != diagram.SVG(table) {
			t.Errorf("%s: drawn twice, it differs", name)
		}
	}
}

func TestDrawsTheTable(t *testing.T) {
	for name, table := range map[string]*fsm.Table{
		"default": fsm.Default(),
		"lenient": compile(t, fsm.Rows(), fsm.Switches()...),
		"fullest": fullest(t),
	} {
		var want []string
		for _, r := range table.Rows() {
			if next, err := table.Step(r.From, r.Kind); err == nil && (next != r.From || r.Kind.Outbound()) {
				want = append(want, fmt.Sprint(r.From, " ", r.Kind, " ", next))
			}
		}
		root := parse(t, diagram.SVG(table))
		var got []string
		for _, g := range root.all("transition") {
			got = append(got, g.attr("data-from")+" "+g.attr("data-kind")+" "+g.attr("data-to"))
			if text := g.child("text").Text; text != g.attr("data-kind") {
				t.Errorf("%s: label %q of %s", name, text, g.attr("data-kind"))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-table +drawing):\n%s", name, diff)
		}
		var states []string
		for _, g := range root.all("state") {
			states = append(states, g.attr("data-state")+" "+g.child("text").Text)
		}
		if diff := cmp.Diff([]string{
			"none none", "pending pending", "queued queued", "connected connected", "ended ended", "failed failed",
		}, states); diff != "" {
			t.Errorf("%s: states (-want +got):\n%s", name, diff)
		}
	}
}

// The head of a line is at the state it leads to.
func TestArrowsPointAtTheirTarget(t *testing.T) {
	for _, table := range []*fsm.Table{fsm.Default(), fullest(t)} {
		root := parse(t, diagram.SVG(table))
		boxes := map[string]box{}
		for _, g := range root.all("state") {
			boxes[g.attr("data-state")] = rectBox(t, g.all("box")[0])
		}
		for _, g := range root.all("transition") {
			var tip point
			if _, err := fmt.Sscanf(g.all("head")[0].attr("d"), "M%g %gl", &tip.x, &tip.y); err != nil {
				t.Fatal(err)
			}
			to := boxes[g.attr("data-to")]
			if !(box{to.left - 1, to.top - 1, to.right + 1, to.bottom + 1}).holds(tip) {
				t.Errorf("%s to %s: the head is at %v, the state at %v", g.attr("data-from"), g.attr("data-to"), tip, to)
			}
		}
	}
}

func TestAnyTable(t *testing.T) {
	check := func(name string, table *fsm.Table) {
		for _, problem := range overlaps(t, parse(t, diagram.SVG(table))) {
			t.Errorf("%s: %s", name, problem)
		}
	}
	check("default", fsm.Default())
	check("lenient", compile(t, fsm.Rows(), fsm.Switches()...))
	check("fullest", fullest(t))
	for seed := range uint64(150) {
		check(fmt.Sprint("seed ", seed), randomTable(seed))
		if t.Failed() {
			return
		}
	}
}

// The check of TestAnyTable sees what it is there for.
func TestOverlapsAreSeen(t *testing.T) {
	const label = `<text class="label" x="50" y="%d" font-size="11">message</text>`
	for _, c := range []struct{ want, drawing string }{
		{"label message overlaps label message", fmt.Sprintf(label+label, 50, 56)},
		{"label message overlaps state queued", fmt.Sprintf(label, 50) +
			`<g class="state" data-state="queued"><rect class="box" x="60" y="40" width="20" height="20"/></g>`},
		{"a line runs through label message", fmt.Sprintf(label, 50) + `<path class="line" d="M0 0C20 0 40 60 90 60"/>`},
		{"two lines run together", `<path class="line" d="M0 10H50"/><path class="line" d="M40 11H90"/>`},
		{"label message leaves the picture", fmt.Sprintf(label, 4)},
	} {
		got := overlaps(t, parse(t, `<svg viewBox="0 0 100 100">`+c.drawing+`</svg>`))
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.want, diff)
		}
	}
}

// overlaps returns what is drawn over something else.
func overlaps(t *testing.T, root element) (problems []string) {
	t.Helper()
	type named struct {
		name string
		box
	}
	var things []named
	for _, e := range root.all("label") {
		things = append(things, named{"label " + e.Text, textBox(t, e)})
	}
	for _, e := range root.all("state") {
		things = append(things, named{"state " + e.attr("data-state"), rectBox(t, e.all("box")[0])})
	}
	var x, y, width, height float64
	if _, err := fmt.Sscan(root.attr("viewBox"), &x, &y, &width, &height); err != nil {
		t.Fatal(err)
	}
	for i, a := range things {
		if a.left < 0 || a.top < 0 || a.right > width || a.bottom > height {
			problems = append(problems, a.name+" leaves the picture")
		}
		for _, b := range things[i+1:] {
			if a.overlaps(b.box) {
				problems = append(problems, a.name+" overlaps "+b.name)
			}
		}
	}
	var paths []string
	var before []piece // the level ones of the lines so far
	for _, e := range root.all("line") {
		if slices.Contains(paths, e.attr("d")) {
			continue // rows of one link share their line
		}
		paths = append(paths, e.attr("d"))
		line := pieces(t, e.attr("d"))
		if slices.ContainsFunc(line, func(p piece) bool {
			return p.level && slices.ContainsFunc(before, func(b piece) bool { return p.room().overlaps(b.room()) })
		}) {
			problems = append(problems, "two lines run together")
		}
		for _, p := range line {
			if p.level {
				before = append(before, p)
			}
			for _, a := range things {
				inside := box{a.left + 0.5, a.top + 0.5, a.right - 0.5, a.bottom - 0.5}
				if slices.ContainsFunc(p.points(), inside.holds) {
					problems = append(problems, "a line runs through "+a.name)
				}
			}
		}
	}
	return problems
}

// fullest returns a table with a line between any two states that may have one, and a loop wherever one is drawn.
func fullest(t *testing.T) *fsm.Table {
	t.Helper()
	var rows []fsm.Row
	for _, from := range fsm.States() {
		for k := events.Kind(1); k.Valid(); k++ {
			r := fsm.Row{From: from, Kind: k, To: from}
			switch {
			case !from.Terminal():
				r.To = fsm.State((int(from) + int(k)) % fsm.NumStates)
			case k == events.KindWidgetEscalate:
				r.To = fsm.Pending
			}
			rows = append(rows, r)
		}
	}
	return compile(t, rows)
}

// randomTable returns some table that compiles.
func randomTable(seed uint64) *fsm.Table {
	rng := rand.New(rand.NewPCG(seed, 0))
	for {
		refused := rng.Float64()
		var rows []fsm.Row
		for _, from := range fsm.States() {
			for k := events.Kind(1); k.Valid(); k++ {
				r := fsm.Row{From: from, Kind: k, To: fsm.State(rng.IntN(fsm.NumStates)), Refused: rng.Float64() < refused}
				if from.Terminal() {
					r.To = from
					if k == events.KindWidgetEscalate && rng.IntN(2) == 0 {
						r.To = fsm.Pending
					}
				}
				rows = append(rows, r)
			}
		}
		if table, err := fsm.Compile(rows); err == nil {
			return table
		}
	}
}

func TestAccessible(t *testing.T) {
	svg := diagram.SVG(fsm.Default())
	root := parse(t, svg)
	title, desc := root.child("title"), root.child("desc")
	if root.attr("role") != "img" || root.attr("aria-labelledby") != title.attr("id")+" "+desc.attr("id") || title.Text == "" {
		t.Errorf("role %q, labelled by %q, title %q", root.attr("role"), root.attr("aria-labelledby"), title.Text)
	}
	for _, want := range []string{
		"In none, widgetEscalate leads to pending.",
		"In queued, escalationQueueUpdate changes nothing.",
		"In connected, agentDisconnect leads to ended.",
	} {
		if !strings.Contains(desc.Text, want) {
			t.Errorf("the description does not say %q:\n%s", want, desc.Text)
		}
	}
	if !strings.Contains(svg, "prefers-color-scheme: dark") || !strings.Contains(svg, `stroke="currentColor"`) {
		t.Error("the drawing has no dark colours of its own, or does not follow the colour around it")
	}
}

// TestInline: a policy that allows no style but that of the page's files finds none in the element; else it is the document.
func TestInline(t *testing.T) {
	inline := diagram.Inline(fsm.Default())
	if strings.Contains(inline, "style") {
		t.Error("the element has a style of its own")
	}
	got, want := parse(t, inline), parse(t, diagram.SVG(fsm.Default()))
	style := slices.IndexFunc(want.Inner, func(e element) bool { return e.XMLName.Local == "style" })
	want.Inner = slices.Delete(want.Inner, style, style+1)
	got.Text, want.Text = "", "" // line ends
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the document without its style, and the element (-want +got)\n%s", diff)
	}
}
