// Package diskfault finds out what a program leaves on disk when the power, the process or the disk fails.
//
//   - [Record] runs a program once and notes in order what it did to the files below one directory, and each line that
//     it printed: the promises it made.
//   - [Trace.Images] rebuilds from that the directories which a power loss at any moment may leave, and hands each to
//     a check together with the promises made until then.
//   - [Inject] runs a program and, at the n-th of some system calls, kills it or has the call fail; [Sweep] does so
//     for every n.
//
// # The disk
//
// A write, a change of size or a change of a directory is durable when an fsync that began after it ended has
// ended: of the file, or of the directory. Until then the disk may have it or not. Of unsynced writes it may have
// any sectors, but each sector as it was at some moment: never the later of two writes to a sector without the earlier.
// The size is a thing of its own, as is every directory entry; what was never written reads as zero. That
// is the worst that POSIX allows with sectors that do not tear. Rename is one step, and becomes durable with the
// directory that it leads to. Disks that lie about fsync are not modelled.
//
// Files that a store rebuilds after a crash and writes through shared memory are left out: by default those whose names
// end in -shm, the index of SQLite's write-ahead log.
package diskfault
