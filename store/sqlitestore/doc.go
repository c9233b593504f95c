// Package sqlitestore keeps conversations in a SQLite database, through database/sql and whatever driver the program
// has chosen. It imports none.
//
// # Guarantees
//
// Numbers like S9 are clauses of [store.Store]; behind each promise stands the test that would break first.
//
//   - A commit that returned nil survives the kill of the process, and the loss of power if the disk does what fsync
//     asks. [Open] sets WAL and synchronous=FULL on the one connection that writes, reads both back and
//     refuses the database otherwise. (S8; TestSynchronousIsReadBack)
//   - One store for a database: while it is open every other [Open] of the file fails with [ErrInUse], in any process.
//     The lock is a file next to the database, named <database>-escalation.lock; leave it in place.
//     (TestSecondOpenIsRefused, TestOtherProcessIsRefused)
//   - Commits that come at the same time share a transaction, and with it the wait for the disk; one that comes alone
//     waits for nobody. A conflict or an error of one is not felt by the others. (TestCommitsShareTransactions)
//   - After an error of COMMIT, or of a statement whose transaction could not be taken back, it is in doubt what is stored: every
//     call fails with [store.ErrFailed] until the store was closed and opened anew. (S5; TestFailsClosed)
//     Any other error left nothing behind, and the store goes on. That holds for a database that is busy, and for a full disk
//     as long as it shows before COMMIT. Mostly it shows at COMMIT, when the log is written.
//   - Reads never wait for writes, nor writes for reads.
//
// Not promised: anything about a database on a network file system, where SQLite has no WAL; that the clock may be
// turned back (what is due is due by [Config].Now, so turned back by an hour it waits for an hour).
//
// # The database
//
// The *sql.DB belongs to the caller, who may keep tables of his own in it; the store's begin with escalation_. [ModerncDSN]
// and [MattnDSN] make data source names with the right settings for two drivers. The pool must allow at least two
// connections, for the store keeps one to itself. SQLite must be 3.51.3 or newer: older ones can lose
// commits when a WAL is reset. All instants are whole microseconds, and everything that has a name is stored by it, so
// that the sqlite3 shell shows what there is.
//
// Locking works on Linux, macOS, the BSDs and Windows; elsewhere [Open] fails with [errors.ErrUnsupported].
//
// # In a transaction of the caller
//
// [Store.In] gives a [store.Tx] on a *sql.Tx, so that an event is accepted if and only if the caller's own rows are
// written. The transaction should hold the write lock from its beginning (BEGIN IMMEDIATE; both data source names say so): one
// that reads first and writes later fails when somebody else wrote in between. While it is open the
// store's own commits wait, for [Config].BusyTimeout at most: keep it short, and do not call the store itself before it ended.
package sqlitestore
