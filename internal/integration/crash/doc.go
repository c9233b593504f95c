// Package crash holds no code, only tests that let the process, the disk or the power fail under a client on SQLite, and
// then hold the promises that were made against what is there.
//
// The client under test runs in a child: this test binary, started again. It prints each promise that it was given, and each
// thing that it observed, on a line of its own, in one write; what was printed survives its death. The platform lives in the
// parent and survives the child. The parent makes a world of both for package invariant.
//
//   - kill_test.go: the child is killed at random instants and started again on the same file, in bad weather;
//   - sweep_test.go: it is killed, or its disk fails, at each single system call of a script;
//   - power_test.go: every directory that a loss of power during that script may leave;
//   - soak_test.go: traffic without an end uses no more and more of anything.
//
// ESCALATION_HEAVY=1 runs all of it at length. Seeds are printed on failure; ESCALATION_CRASH_SEED=n
// runs the kill suite with one of them. A seed fixes the workload, the weather and the instants of the kills, but not the
// scheduler: the same failure may take some runs to come back.
package crash
