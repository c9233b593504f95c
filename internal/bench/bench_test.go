package main

import "testing"

// BenchmarkRows runs either side of every row by itself, for profiles and benchstat. What the sides
// have to do with each other is the command's business.
func BenchmarkRows(b *testing.B) {
	for _, r := range rows(small) {
		if r.open == nil {
			continue // what it measures is not the time of an operation
		}
		b.Run(r.name, func(b *testing.B) {
			p, err := r.open()
			if err != nil {
				b.Fatal(err)
			}
			defer p.done()
			b.Run("ours", side(p.ours))
			b.Run("peer", side(p.peer))
		})
	}
}

// side makes a benchmark of one side. It is called with many values of b.N on the same pair.
func side(run func(n int) error) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		if err := run(b.N); err != nil {
			b.Fatal(err)
		}
	}
}
