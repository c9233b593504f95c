//go:build race

package listen_test

// underRace: the race detector makes everything slow and keeps memory of its own.
const underRace = true
