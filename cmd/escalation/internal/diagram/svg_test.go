package diagram_test

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// element is a part of a drawing, as read back from it.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Inner   []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) number(t *testing.T, name string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(e.attr(name), 64)
	if err != nil {
		t.Fatalf("%s of %s: %v", name, e.XMLName.Local, err)
	}
	return n
}

func (e element) is(class string) bool {
	for c := range strings.FieldsSeq(e.attr("class")) {
		if c == class {
			return true
		}
	}
	return false
}

// all returns the elements of a class, wherever they are.
func (e element) all(class string) (found []element) {
	if e.is(class) {
		found = append(found, e)
	}
	for _, in := range e.Inner {
		found = append(found, in.all(class)...)
	}
	return found
}

func (e element) child(name string) element {
	for _, in := range e.Inner {
		if in.XMLName.Local == name {
			return in
		}
	}
	return element{}
}

func parse(t *testing.T, svg string) element {
	t.Helper()
	var root element
	if err := xml.Unmarshal([]byte(svg), &root); err != nil {
		t.Fatal(err)
	}
	return root
}

type point struct{ x, y float64 }

type box struct{ left, top, right, bottom float64 }

func (a box) overlaps(b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func (a box) holds(p point) bool {
	return a.left < p.x && p.x < a.right && a.top < p.y && p.y < a.bottom
}

// textBox is the room of a text in the middle of its x. Common monospaced fonts are 0.55 to 0.62 of their size wide; the
// capitals and the descenders of common fonts stay within 0.75 above and 0.25 below the line.
func textBox(t *testing.T, e element) box {
	t.Helper()
	x, y, size := e.number(t, "x"), e.number(t, "y"), e.number(t, "font-size")
	half := 0.62 * size * float64(len(e.Text)) / 2
	return box{x - half, y - 0.75*size, x + half, y + 0.25*size}
}

func rectBox(t *testing.T, e element) box {
	t.Helper()
	x, y := e.number(t, "x"), e.number(t, "y")
	return box{x, y, x + e.number(t, "width"), y + e.number(t, "height")}
}

// piece is a part of a path between two points: level, or a curve.
type piece struct {
	from, to point
	control  [2]point
	level    bool
}

var command = regexp.MustCompile(`([A-Za-z])([^A-Za-z]*)`)

// pieces reads a path of M, H and C.
func pieces(t *testing.T, path string) (all []piece) {
	t.Helper()
	var at point
	for _, c := range command.FindAllStringSubmatch(path, -1) {
		var n []float64
		for word := range strings.FieldsSeq(c[2]) {
			f, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatalf("path %q: %v", path, err)
			}
			n = append(n, f)
		}
		from := at
		switch {
		case c[1] == "M" && len(n) == 2:
			at = point{n[0], n[1]}
		case c[1] == "H" && len(n) == 1:
			at = point{n[0], from.y}
			all = append(all, piece{from: from, to: at, control: [2]point{from, at}, level: true})
		case c[1] == "C" && len(n) == 6:
			at = point{n[4], n[5]}
			all = append(all, piece{from: from, to: at, control: [2]point{{n[0], n[1]}, {n[2], n[3]}}})
		default:
			t.Fatalf("path %q: command %q", path, c[0])
		}
	}
	return all
}

// points walks along a piece in steps of about two pixels.
func (p piece) points() (all []point) {
	steps := int(max(math.Abs(p.to.x-p.from.x), math.Abs(p.to.y-p.from.y)) / 2)
	for i := range steps + 1 {
		u := float64(i) / float64(max(steps, 1))
		v := 1 - u
		mix := func(a, b, c, d float64) float64 { return v*v*v*a + 3*v*v*u*b + 3*v*u*u*c + u*u*u*d }
		all = append(all, point{
			mix(p.from.x, p.control[0].x, p.control[1].x, p.to.x),
			mix(p.from.y, p.control[0].y, p.control[1].y, p.to.y),
		})
	}
	return all
}

// room is that of a level piece, as high as a line and the air it needs.
func (p piece) room() box {
	return box{min(p.from.x, p.to.x), p.from.y - 2, max(p.from.x, p.to.x), p.from.y + 2}
}
