//go:build race

package check

// streamSize is smaller under the race detector, which makes parsing some thirty times slower and looks
// for something else than memory.
const streamSize = 4 << 20
