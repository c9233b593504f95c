// Package wire keeps the exchanges between a platform and a CRM in a SQLite database, so that they can be looked at and
// sent again later.
//
// # Guarantees
//
//  1. No header that could carry a key, a secret or a signature is kept: only those of a fixed list are. Of a URL the
//     values of the query and a user's name and password are not kept. A secret of at least [MinSecret] bytes that is
//     named to [Log.Hide] is kept nowhere, neither as it is nor as JSON or a URL would write it.
//     (TestNoSecretReachesTheFile, TestCutSecrets)
//     A shorter one changes nothing else of an exchange. (TestShortSecretsChangeNothing)
//  2. At most [Config].Keep exchanges, and a tenth more, are kept, each with at most [MaxBody] bytes of its body: the oldest
//     go first. (TestOldOnesGo)
//  3. Numbers are 1, 2, 3, … in the order of Append, and go on where the file ended. (TestNumbersGoOn)
//  4. What was appended or updated before a read began is in what it returns. (TestReadsSeeWhatWasWritten)
//  5. One Log for a file: another Open fails with [ErrInUse] as long as it is open, in any process. Readers are not
//     restricted. (TestOneWriter)
//  6. A file that is no database, or the database of another program, is refused with [ErrForeign] and left as it is.
//     (TestForeignFilesAreLeftAlone)
//
// Appending does not wait for the disk unless the disk falls far behind. A crash of the machine may lose the last
// exchanges, never the file.
package wire
