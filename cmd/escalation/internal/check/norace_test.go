//go:build !race

package check

const streamSize = 64 << 20
