package diagram

import (
	"cmp"
	"slices"
)

const sweeps = 12

// order sorts every column from top to bottom so that few lines cross: each item goes to the mean place of its
// neighbours, column by column, there and back; then neighbours in a column change places while that helps.
func (g *graph) order() {
	best, fewest := g.copyColumns(), g.crossings()
	for sweep := range sweeps {
		for i := range g.columns {
			if sweep%2 == 0 {
				g.sortColumn(i, func(it *item) []*item { return it.left })
			} else {
				g.sortColumn(len(g.columns)-1-i, func(it *item) []*item { return it.right })
			}
		}
		g.transpose()
		if n := g.crossings(); n < fewest {
			best, fewest = g.copyColumns(), n
		}
	}
	g.columns = best
}

func (g *graph) copyColumns() [][]*item {
	copied := make([][]*item, len(g.columns))
	for i, column := range g.columns {
		copied[i] = slices.Clone(column)
	}
	return copied
}

func (g *graph) sortColumn(i int, neighbours func(*item) []*item) {
	places := g.places()
	mean := map[*item]float64{}
	for _, it := range g.columns[i] {
		mean[it] = float64(places[it])
		if near := neighbours(it); len(near) > 0 {
			sum := 0
			for _, n := range near {
				sum += places[n]
			}
			mean[it] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(g.columns[i], func(a, b *item) int { return cmp.Compare(mean[a], mean[b]) })
}

// places returns how far down its column each item stands. Columns are of different lengths, so the places are spread
// over the same range.
func (g *graph) places() map[*item]int {
	const spread = 1 << 20
	places := map[*item]int{}
	for _, column := range g.columns {
		for i, it := range column {
			places[it] = (2*i + 1) * spread / (2 * len(column))
		}
	}
	return places
}

// transpose changes the places of neighbours in a column while that takes crossings away.
func (g *graph) transpose() {
	for better := true; better; {
		better = false
		for _, column := range g.columns {
			for i := range len(column) - 1 {
				before := g.crossings()
				column[i], column[i+1] = column[i+1], column[i]
				if g.crossings() < before {
					better = true
				} else {
					column[i], column[i+1] = column[i+1], column[i]
				}
			}
		}
	}
}

// crossings counts the pairs of lines that cross in some gutter.
func (g *graph) crossings() int {
	n := 0
	places := g.places()
	for _, column := range g.columns {
		var lines [][2]int
		for _, it := range column {
			for _, to := range it.right {
				lines = append(lines, [2]int{places[it], places[to]})
			}
		}
		for i, a := range lines {
			for _, b := range lines[i+1:] {
				if (a[0]-b[0])*(a[1]-b[1]) < 0 {
					n++
				}
			}
		}
	}
	return n
}
