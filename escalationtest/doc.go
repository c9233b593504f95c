// Package escalationtest helps to test programs that send escalation events.
//
// [Recorder] is a transport in memory: it writes down what it is given and answers what it was told
// to. Package fakeapi next to it is a whole fake platform behind HTTP; package gen has generators
// for property tests.
//
// This package imports neither testing nor any test library, so a program may link it.
package escalationtest
