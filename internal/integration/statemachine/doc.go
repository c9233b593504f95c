// Package statemachine holds no code, only tests that run the random state machine of package durabletest on SQLite files. A
// bubble of testing/synctest holds modernc.org/sqlite as well: its waits are calls of the system, which time does not pass.
package statemachine
