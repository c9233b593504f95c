package diagram

import "slices"

// layer gives every state its column, every link its chain through the columns, and everything its size.
func (g *graph) layer() {
	last := g.rank()
	g.columns = make([][]*item, last+1)
	for _, s := range g.states {
		s.sizeState()
		g.put(s)
	}
	for _, l := range byReach(g.links) {
		left, right := l.ends()
		labelled := g.leastLabelled(left.column, right.column)
		l.chain = []*item{left}
		for column := left.column + 1; column < right.column; column++ {
			it := &item{column: column}
			if column == labelled {
				it.labels = l.labels
			}
			it.sizeLine()
			g.put(it)
			l.chain = append(l.chain, it)
		}
		l.chain = append(l.chain, right)
		for i, it := range l.chain[1:] {
			before := l.chain[i]
			before.right = append(before.right, it)
			it.left = append(it.left, before)
		}
	}
}

func (g *graph) put(it *item) { g.columns[it.column] = append(g.columns[it.column], it) }

// rank puts a state right of all that lead to it, and what leads nowhere into the last column, which it returns.
func (g *graph) rank() (last int) {
	inner := map[*item]bool{}
	for _, s := range g.states { // in declared order, so that what is left of s is ranked already
		for _, l := range g.links {
			if left, right := l.ends(); right == s {
				s.column = max(s.column, left.column+2)
				inner[left] = true
			}
		}
		last = max(last, s.column)
	}
	for _, s := range g.states {
		if !inner[s] && s.column > 0 {
			s.column = last
		}
	}
	return last
}

// byReach returns links from the shortest to the longest: those that have the least choice choose first.
func byReach(links []*link) []*link {
	sorted := slices.Clone(links)
	slices.SortStableFunc(sorted, func(a, b *link) int { return a.reach() - b.reach() })
	return sorted
}

func (l *link) reach() int {
	left, right := l.ends()
	return right.column - left.column
}

// leastLabelled returns the column of labels between two columns of states that has the most room left.
func (g *graph) leastLabelled(left, right int) int {
	best, least := left+1, 0.0
	for column := left + 1; column < right; column += 2 {
		taken := 0.0
		for _, it := range g.columns[column] {
			if len(it.labels) > 0 {
				taken += it.above + it.below
			}
		}
		if column == left+1 || taken < least {
			best, least = column, taken
		}
	}
	return best
}
