package diagram

import "math"

// Sizes in pixels. A letter is as wide as in the widest of the common monospaced fonts, and a little more.
const (
	labelSize   = 11.0
	stateSize   = 13.0
	letter      = 0.625 // of the font's size
	labelLine   = 14.0  // from one label to the next of a stack
	overLine    = 4.0   // between a label and its line
	stateHeight = 36.0
	statePad    = 14.0 // left and right of a state's name
	loopHeight  = 20.0
	loopWidth   = 28.0
	portGap     = 9.0 // between two lines at a state
	portEdge    = 9.0 // between a line at a state and the state's corner
	apart       = 8.0 // between any two things of a column
	gutter      = 36.0
	margin      = 12.0
)

func textWidth(text string, size float64) float64 {
	return math.Ceil(float64(len(text)) * letter * size)
}

func widest(rows []row) float64 {
	w := 0.0
	for _, r := range rows {
		w = max(w, textWidth(r.kind.String(), labelSize))
	}
	return w
}

// sizeState gives a state room for its name, its loops, and as many lines as may arrive on one side.
func (it *item) sizeState() {
	it.height = stateHeight
	it.above, it.below = it.height/2, it.height/2
	it.width = textWidth(it.state.String(), stateSize) + 2*statePad
	if n := len(it.loops); n > 0 {
		it.above += loopHeight + overLine + float64(n)*labelLine
		it.width = max(it.width, widest(it.loops))
	}
}

// grow makes the box of a state high enough for the lines at its fuller side.
func (it *item) grow() {
	if need := float64(max(len(it.left), len(it.right))-1)*portGap + 2*portEdge; need > it.height {
		it.above += (need - it.height) / 2
		it.below += (need - it.height) / 2
		it.height = need
	}
}

func (it *item) sizeLine() {
	it.above, it.below = 3, 3
	if n := len(it.labels); n > 0 {
		it.above = overLine + float64(n)*labelLine
		it.width = widest(it.labels)
	}
}
