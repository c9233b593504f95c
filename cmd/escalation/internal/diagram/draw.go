package diagram

import (
	"fmt"
	"math"
	"strings"

	"github.com/escalationkit/escalation/events"
)

// style is for the drawing as a document.
const style = `
  :root { color: #1d2326; background: #fff; --faint: #7b868b; }
  @media (prefers-color-scheme: dark) { :root { color: #e4e8ea; background: #15191b; --faint: #859095; } }
  .line { stroke: var(--faint); }
  .head { fill: var(--faint); }
  .is-current .box { stroke-width: 3; }
  .is-last .line { stroke: currentColor; stroke-width: 2.5; }
  .is-last .head { fill: currentColor; }
  .is-last .label { font-weight: 700; }
`

// column is where a column stands in the picture.
type column struct{ left, right float64 }

func (c column) middle() float64 { return (c.left + c.right) / 2 }

// draw writes the element; style comes before all that is seen.
func (g *graph) draw(style string) string {
	columns, width := g.across()
	height := 0.0
	for _, items := range g.columns {
		for _, it := range items {
			height = max(height, it.y+it.below+margin)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%[1]g" height="%[2]g"`+
		` role="img" aria-labelledby="diagram-title diagram-desc" fill="none" stroke="currentColor" stroke-width="1.25">`+"\n", width, math.Ceil(height))
	b.WriteString("<title id=\"diagram-title\">The states of an escalation</title>\n")
	fmt.Fprintf(&b, "<desc id=\"diagram-desc\">%s</desc>\n", g.words())
	b.WriteString(style)
	for _, l := range g.links {
		l.draw(&b, columns)
	}
	for _, s := range g.states {
		s.drawLoops(&b, columns[s.column])
	}
	for _, s := range g.states {
		s.draw(&b, columns[s.column])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// across returns where the columns stand, and the width of the picture.
func (g *graph) across() ([]column, float64) {
	columns := make([]column, len(g.columns))
	x := margin
	for i, items := range g.columns {
		w := 0.0
		for _, it := range items {
			w = max(w, it.width)
		}
		columns[i] = column{x, x + w}
		x += w + gutter
	}
	return columns, x - gutter + margin
}

// words says what the picture shows.
func (g *graph) words() string {
	var all []string
	say := func(rows []row) {
		for _, r := range rows {
			then := "leads to " + r.to.String()
			if r.from == r.to {
				then = "changes nothing"
			}
			all = append(all, fmt.Sprintf("In %v, %v %s.", r.from, r.kind, then))
		}
	}
	for _, s := range g.states {
		say(s.loops)
		for _, l := range g.links {
			if l.from == s {
				say(l.labels)
			}
		}
	}
	return strings.Join(all, " ")
}

// draw writes one group for each row of the link. They share the line, so that each can be marked as a whole.
func (l *link) draw(b *strings.Builder, columns []column) {
	left, right := l.ends()
	leftX := columns[left.column].middle() + left.boxWidth()/2
	rightX := columns[right.column].middle() - right.boxWidth()/2
	leftY, rightY := left.rightY[l.chain[1]], right.leftY[l.chain[len(l.chain)-2]]

	p := path{x: leftX, y: leftY}
	fmt.Fprintf(&p.b, "M%g %g", leftX, leftY)
	for i, it := range l.chain {
		c := columns[it.column]
		switch {
		case i == 0:
			p.level(c.right)
		case i == len(l.chain)-1:
			p.bend(c.left, rightY)
			p.level(rightX)
		default:
			p.bend(c.left, it.y)
			p.level(c.right)
		}
	}
	head := arrow(rightX, rightY, -1)
	if l.from != left {
		head = arrow(leftX, leftY, 1)
	}
	for _, it := range l.chain {
		labels(b, it.labels, l.directed(), p.b.String(), head, columns[it.column].middle(), it.y)
	}
}

// directed names the direction of a link for the style sheet.
func (l *link) directed() string {
	if l.from.state < l.to.state {
		return "forward"
	}
	return "back"
}

func (it *item) boxWidth() float64 { return textWidth(it.state.String(), stateSize) + 2*statePad }

func (it *item) drawLoops(b *strings.Builder, c column) {
	top := it.y - it.height/2
	x, half := c.middle(), loopWidth/2
	line := fmt.Sprintf("M%g %gC%g %g %g %g %g %g", x-half, top, x-half, top-loopHeight*4/3, x+half, top-loopHeight*4/3, x+half, top)
	labels(b, it.loops, "loop", line, fmt.Sprintf("M%g %gl-4 -7h8z", x+half, top), x, top-loopHeight)
}

// labels writes a stack of rows whose lowest stands over the line at y.
func labels(b *strings.Builder, rows []row, direction, line, head string, x, y float64) {
	for i, r := range rows {
		up := float64(len(rows)-1-i) * labelLine
		fmt.Fprintf(b, `<g class="transition %s %s" data-from="%v" data-to="%v" data-kind="%v"><title>%s</title>`+
			`<path class="line" d="%s"/><path class="head" d="%s" fill="currentColor" stroke="none"/>`+
			`<text class="label" x="%g" y="%g" text-anchor="middle" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%g" fill="currentColor" stroke="none">%v</text></g>`+"\n",
			direction, side(r.kind), r.from, r.to, r.kind, tooltip(r), line, head, x, y-overLine-up, labelSize, r.kind)
	}
}

// side names who sends events of a kind, for the style sheet.
func side(k events.Kind) string {
	if k.Outbound() {
		return "outbound"
	}
	return "inbound"
}

func tooltip(r row) string {
	text := fmt.Sprintf("%v → %v: %v", r.from, r.to, r.kind)
	if r.why != "" {
		text += ", " + r.why
	}
	return escape.Replace(text)
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (it *item) draw(b *strings.Builder, c column) {
	w, h := it.boxWidth(), it.height
	x, y := c.middle()-w/2, it.y-h/2
	class, inner := "state", ""
	if it.state.Terminal() {
		class += " terminal"
		inner = fmt.Sprintf(`<rect class="inner" x="%g" y="%g" width="%g" height="%g" rx="7"/>`, x+3, y+3, w-6, h-6)
	}
	fmt.Fprintf(b, `<g class="%s" data-state="%v"><rect class="box" x="%g" y="%g" width="%g" height="%g" rx="10"/>%s`+
		`<text class="name" x="%g" y="%g" text-anchor="middle" font-family="system-ui, sans-serif" font-size="%g" font-weight="600" fill="currentColor" stroke="none">%[2]v</text></g>`+"\n",
		class, it.state, x, y, w, h, inner, c.middle(), it.y+stateSize*0.35, stateSize)
}

// path is a line that is level in columns and bends in gutters.
type path struct {
	b    strings.Builder
	x, y float64
}

func (p *path) level(x float64) {
	if x != p.x {
		fmt.Fprintf(&p.b, "H%g", x)
	}
	p.x = x
}

func (p *path) bend(x, y float64) {
	if y == p.y {
		p.level(x)
		return
	}
	half := (p.x + x) / 2
	fmt.Fprintf(&p.b, "C%g %g %g %g %g %g", half, p.y, half, y, x, y)
	p.x, p.y = x, y
}

// arrow is a head whose tip is at x, y and whose body lies in the direction of toward.
func arrow(x, y, toward float64) string { return fmt.Sprintf("M%g %gl%g -4v8z", x, y, 7*toward) }
