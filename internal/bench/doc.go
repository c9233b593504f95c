// Command bench measures this library side by side with its peers and prints the ratios next to the
// budgets of the design.
//
// A figure in nanoseconds says as much about the machine as about the code, so no figure stands alone:
// both sides of a row run in the same process, in short slices that take turns, and the row's result
// is the median of the ratios of neighbouring slices. See README.md for what is compared and why
// that is fair.
//
//	go run ./internal/bench              # every row
//	go run ./internal/bench -run send    # the rows whose name matches
//	go run ./internal/bench -strict      # exit status 1 if a budget is missed
//
// The same bodies are ordinary benchmarks, for profiles:
//
//	go test -run '^$' -bench 'encode.*2KB' -cpuprofile cpu.out ./internal/bench
package main
