package diagram

import (
	"cmp"
	"math"
	"slices"
)

const settle = 60

// place gives every item its y: as near to the mean of its neighbours as the room of the others allows.
func (g *graph) place() {
	for _, s := range g.states {
		s.grow()
	}
	for _, column := range g.columns {
		y := 0.0
		for _, it := range column {
			it.y = y + it.above
			y = it.y + it.below + apart
		}
	}
	for i := range settle {
		for c := range g.columns {
			if i%2 == 1 {
				c = len(g.columns) - 1 - c
			}
			g.placeColumn(g.columns[c])
		}
	}
	for range 4 {
		for _, l := range g.links {
			g.straighten(l)
		}
	}
	top := math.Inf(1)
	for _, column := range g.columns {
		for _, it := range column {
			top = min(top, it.y-it.above)
		}
	}
	for _, column := range g.columns {
		for _, it := range column {
			it.y = math.Round(it.y - top + margin)
		}
	}
	for _, s := range g.states {
		s.leftY = s.ports(s.left)
		s.rightY = s.ports(s.right)
	}
}

func (g *graph) placeColumn(column []*item) {
	want := make([]float64, len(column))
	weight := make([]float64, len(column))
	room := make([]float64, len(column)) // from the item before
	for i, it := range column {
		want[i], weight[i] = it.wish()
		if i > 0 {
			room[i] = column[i-1].below + apart + it.above
		}
	}
	for i, y := range spaced(want, weight, room) {
		column[i].y = y
	}
}

// wish returns where an item would best be, and how much that matters. A long line wants to be straight more than a
// state wants to be in the middle of its lines.
func (it *item) wish() (y, weight float64) {
	sum, n := 0.0, 0.0
	for _, near := range slices.Concat(it.left, it.right) {
		w := 1.0
		if !near.isState && !it.isState {
			w = 16
		}
		sum += float64(w * near.y)
		n += w
	}
	if n == 0 {
		return it.y, 0.1
	}
	return sum / n, n
}

// straighten levels the parts of a line that are nearly level, as far as their columns leave room.
func (g *graph) straighten(l *link) {
	const near = 16
	var run []*item
	low, high, sum := math.Inf(-1), math.Inf(1), 0.0
	level := func() {
		for _, it := range run {
			it.y = min(max(sum/float64(len(run)), low), high)
		}
	}
	for _, it := range l.chain[1 : len(l.chain)-1] {
		itsLow, itsHigh := g.room(it)
		if len(run) > 0 && (math.Abs(it.y-sum/float64(len(run))) > near || max(low, itsLow) > min(high, itsHigh)) {
			level()
			run, low, high, sum = nil, math.Inf(-1), math.Inf(1), 0
		}
		run, low, high, sum = append(run, it), max(low, itsLow), min(high, itsHigh), sum+it.y
	}
	level()
}

// room returns how far up and down an item may go between its neighbours in the column.
func (g *graph) room(it *item) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	column := g.columns[it.column]
	i := slices.Index(column, it)
	if i > 0 {
		low = column[i-1].y + column[i-1].below + apart + it.above
	}
	if i < len(column)-1 {
		high = column[i+1].y - column[i+1].above - apart - it.below
	}
	return low, high
}

// ports returns where on the side of a state the lines to its neighbours there begin: level with them if that can be.
func (it *item) ports(near []*item) map[*item]float64 {
	sorted := slices.Clone(near)
	slices.SortStableFunc(sorted, func(a, b *item) int { return cmp.Compare(a.y, b.y) })
	n := len(sorted)
	want, weight, room := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, other := range sorted {
		want[i], weight[i] = other.y, 1
		if i > 0 {
			room[i] = portGap
		}
	}
	half := it.height/2 - portEdge
	low, high := it.y-half, it.y+half-float64(max(n-1, 0))*portGap
	at := map[*item]float64{}
	for i, y := range spaced(want, weight, room) {
		before := float64(i) * portGap
		at[sorted[i]] = math.Round(min(max(y-before, low), high) + before)
	}
	return at
}

// spaced returns the positions nearest to want, by the sum of weighted squares, at which each is at least room[i] below
// the one before it. Without the room it is isotonic regression, done by pooling neighbours that are out of order.
func spaced(want, weight, room []float64) []float64 {
	type pool struct{ mean, weight, n float64 }
	var pools []pool
	offset := 0.0
	for i := range want {
		offset += room[i]
		pools = append(pools, pool{want[i] - offset, weight[i], 1})
		for len(pools) > 1 && pools[len(pools)-2].mean > pools[len(pools)-1].mean {
			a, b := pools[len(pools)-2], pools[len(pools)-1]
			w := a.weight + b.weight
			pools = append(pools[:len(pools)-2], pool{(float64(a.mean*a.weight) + float64(b.mean*b.weight)) / w, w, a.n + b.n})
		}
	}
	var at []float64
	offset = 0
	for _, p := range pools {
		for range int(p.n) {
			offset += room[len(at)]
			at = append(at, p.mean+offset)
		}
	}
	return at
}
