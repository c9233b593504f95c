//go:build race

package crash_test

// raced: the race detector makes SQLite in Go some thirty times slower.
const raced = true
