// Package linear holds no code, only tests that hold concurrent calls for one conversation against a sequential model of what was
// accepted, with the linearizability checker porcupine. The model is written from the language of the protocol (package
// oracle), not from the transition table.
//
// Callers give up in the middle, so that nobody knows whether their call took effect; clients are closed, or die with their calls under
// way, and another one goes on with the same store.
package linear
