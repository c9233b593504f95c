package diskfault_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
)

var quoted = regexp.MustCompile(`'[^']*'`)

// strace writes strings and paths as strace -xx does, so that the records below can be read.
func strace(lines ...string) string {
	all := strings.Join(lines, "\n") + "\n"
	return quoted.ReplaceAllStringFunc(all, func(s string) string {
		var b strings.Builder
		for _, c := range []byte(strings.Trim(s, "'")) {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
		return b.String()
	})
}

func TestInterpret(t *testing.T) {
	const (
		create, write, truncate, sync  = diskfault.Create, diskfault.Write, diskfault.Truncate, diskfault.Sync
		syncDir, unlink, rename, mkdir = diskfault.SyncDir, diskfault.Unlink, diskfault.Rename, diskfault.Mkdir
		openA                          = `7 openat(AT_FDCWD<'/'>, "'/d/a'", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 5<'/d/a'>`
	)
	type ops = []diskfault.Op
	for _, c := range []struct {
		why    string
		before []diskfault.File
		record string
		want   ops
		marks  []diskfault.Mark
	}{
		{
			why: "a file is made, written, synced, and so is its name",
			record: strace(
				`7     open("'/d/a'", O_RDWR|O_CREAT|O_LARGEFILE|O_NOFOLLOW|O_CLOEXEC, 0644) = 5<'/d/a'>`,
				`7     pwrite64(5<'/d/a'>, "'(x,'", 3, 4096) = 3`,
				`7     ftruncate(5<'/d/a'>, 8192)        = 0`,
				`7     fdatasync(5<'/d/a'>)              = 0`,
				`7     open("'/d'", O_RDONLY|O_LARGEFILE|O_CLOEXEC) = 6<'/d'>`,
				`7     fsync(6<'/d'>)                    = 0`,
				`7     close(6<'/d'>)                    = 0`,
				`7     +++ exited with 0 +++`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: write, Start: 2, End: 2, File: 1, At: 4096, Data: []byte("(x,")},
				{Kind: truncate, Start: 3, End: 3, File: 1, At: 8192},
				{Kind: sync, Start: 4, End: 4, File: 1},
				{Kind: syncDir, Start: 6, End: 6, Name: "."},
			},
		},
		{
			why: "threads interrupt each other: a write lasts from its first line to its last",
			record: strace(openA,
				`7 pwrite64(5<'/d/a'>, "'one'", 3, 0 <unfinished ...>`,
				`8 fsync(5<'/d/a'> <unfinished ...>`,
				`7 <... pwrite64 resumed>)         = 3`,
				`8 <... fsync resumed>)            = 0`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: write, Start: 2, End: 4, File: 1, Data: []byte("one")},
				{Kind: sync, Start: 3, End: 5, File: 1},
			},
		},
		{
			why: "the descriptor is given away before close is seen to return",
			record: strace(openA,
				`7 close(5<'/d/a'> <unfinished ...>`,
				`8 openat(AT_FDCWD<'/d'>, "'b'", O_RDWR|O_CREAT, 0644) = 5<'/d/b'>`,
				`7 <... close resumed>)  = 0`,
				`8 write(5<'/d/b'>, "'x'", 1) = 1`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: create, Start: 3, End: 3, File: 2, Name: "b"},
				{Kind: write, Start: 5, End: 5, File: 2, Data: []byte("x")},
			},
		},
		{
			why: "a descriptor is valid when open returns, not when it begins",
			record: strace(openA,
				`7 openat(AT_FDCWD<'/d'>, "'b'", O_RDWR|O_CREAT, 0644 <unfinished ...>`,
				`8 close(5<'/d/a'>)  = 0`,
				`7 <... openat resumed>) = 5<'/d/b'>`,
				`8 write(5<'/d/b'>, "'x'", 1) = 1`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: create, Start: 2, End: 4, File: 2, Name: "b"},
				{Kind: write, Start: 5, End: 5, File: 2, Data: []byte("x")},
			},
		},
		{
			why: "offsets follow write, read, lseek, and are shared by a duplicate",
			record: strace(openA,
				`7 write(5<'/d/a'>, "'hello'", 5) = 5`,
				`7 lseek(5<'/d/a'>, 1, SEEK_SET) = 1`,
				`7 read(0x5, 0xc000, 0x2) = 0x2`,
				`7 dup(5<'/d/a'>) = 6<'/d/a'>`,
				`7 writev(6<'/d/a'>, [{iov_base="'X'", iov_len=1}, {iov_base="'Y'", iov_len=1}], 2) = 2`,
				`7 write(5<'/d/a'>, "'Z'", 1) = 1`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: write, Start: 2, End: 2, File: 1, Data: []byte("hello")},
				{Kind: write, Start: 6, End: 6, File: 1, At: 3, Data: []byte("XY")},
				{Kind: write, Start: 7, End: 7, File: 1, At: 5, Data: []byte("Z")},
			},
		},
		{
			why: "a file stays the same when it is renamed and removed",
			record: strace(openA,
				`7 renameat(AT_FDCWD<'/d'>, "'a'", AT_FDCWD<'/d'>, "'b'") = 0`,
				`7 pwrite64(5<'/d/b'>, "'x'", 1, 0) = 1`,
				`7 unlink("'/d/b'") = 0`,
				`7 pwrite64(5<'/d/b'>(deleted), "'y'", 1, 1) = 1`,
				`7 mkdirat(AT_FDCWD<'/d'>, "'sub'", 0700) = 0`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: rename, Start: 2, End: 2, Name: "a", To: "b"},
				{Kind: write, Start: 3, End: 3, File: 1, Data: []byte("x")},
				{Kind: unlink, Start: 4, End: 4, Name: "b"},
				{Kind: write, Start: 5, End: 5, File: 1, At: 1, Data: []byte("y")},
				{Kind: mkdir, Start: 6, End: 6, Name: "sub"},
			},
		},
		{
			why:    "a file from before is known, and cut by O_TRUNC",
			before: []diskfault.File{{ID: 1, Name: "a", Data: []byte("old")}},
			record: strace(`7 open("'/d/a'", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 5<'/d/a'>`),
			want:   ops{{Kind: truncate, Start: 1, End: 1, File: 1}},
		},
		{
			why: "what failed, was interrupted or is about other files did not happen",
			record: strace(
				`7 open("'/d/a'", O_RDWR) = -1 ENOENT (No such file or directory)`,
				`7 open("'/d/a'", O_RDWR|O_CREAT, 0644) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`,
				`7 unlink("'/d/a'") = ? ERESTARTSYS (To be restarted if SA_RESTART is set)`,
				`7 open("'/e/a'", O_RDWR|O_CREAT, 0644) = 5<'/e/a'>`,
				`7 pwrite64(5<'/e/a'>, "'x'", 1, 0) = 1`,
				`7 fsync(5<'/e/a'>) = 0`,
				`7 open("'/d/a-shm'", O_RDWR|O_CREAT, 0644) = 6<'/d/a-shm'>`,
				`7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 6<'/d/a-shm'>, 0) = 0x7f40ee0d0000`,
				`7 write(8<'socket:[12]'>, "'x'", 1) = 1`,
				`7 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL, si_pid=7, si_uid=0} ---`),
		},
		{
			why:    "a write is as long as what it took",
			record: strace(openA, `7 write(5<'/d/a'>, "'abc'", 3) = 2`, `7 write(5<'/d/a'>, "'c'", 1) = 1`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: write, Start: 2, End: 2, File: 1, Data: []byte("ab")},
				{Kind: write, Start: 3, End: 3, File: 1, At: 2, Data: []byte("c")},
			},
		},
		{
			why: "the program dies within its calls: they may have had their effect, but have not ended",
			record: strace(openA,
				`7 pwrite64(5<'/d/a'>, "'x'", 1, 0 <unfinished ...>`,
				`8 fsync(5<'/d/a'> <unfinished ...>`,
				`7 <... pwrite64 resumed> <unfinished ...>) = ?`,
				`7 +++ killed by SIGKILL +++`),
			want: ops{
				{Kind: create, Start: 1, End: 1, File: 1, Name: "a"},
				{Kind: write, Start: 2, File: 1, Data: []byte("x")},
				{Kind: sync, Start: 3, File: 1},
			},
		},
		{
			why: "a line is said when its end begins to be written",
			record: strace(
				`7 write(1<'pipe:[1]'>, "'accep'", 5) = 5`,
				`7 write(1<'pipe:[1]'>, "'ted 1`+"\n"+`asked'", 11 <unfinished ...>`,
				`8 fsync(2<'pipe:[1]'>) = -1 EINVAL (Invalid argument)`,
				`7 <... write resumed>) = 11`,
				`7 write(1<'pipe:[1]'>, "' 2`+"\n"+`x`+"\n"+`'", 5) = 5`),
			marks: []diskfault.Mark{{At: 2, Line: "accepted 1"}, {At: 5, Line: "asked 2"}, {At: 5, Line: "x"}},
		},
	} {
		got, err := diskfault.Interpret(c.record, c.before, "/d", "/d")
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if diff := cmp.Diff(diskfault.Trace{Before: c.before, Ops: c.want, Marks: c.marks}, *got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

// TestInterpretRefuses: a record that is not understood to the full must not pass for one that is.
func TestInterpretRefuses(t *testing.T) {
	const openA = `7 open("'/d/a'", O_RDWR|O_CREAT, 0644) = 5<'/d/a'>`
	for _, c := range []struct{ why, record string }{
		{"written through shared memory", strace(openA, `7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5<'/d/a'>, 0) = 0x7f40ee0d0000`)},
		{"every write is synced", strace(`7 open("'/d/a'", O_RDWR|O_CREAT|O_DSYNC, 0644) = 5<'/d/a'>`)},
		{"content that was not recorded", strace(`7 rename("'/e/a'", "'/d/a'") = 0`)},
		{"copied within the kernel", strace(openA, `7 copy_file_range(4<'/e/b'>, NULL, 5<'/d/a'>, NULL, 10, 0) = 10`)},
		{"a second name", strace(openA, `7 link("'/d/a'", "'/d/b'") = 0`)},
		{"space without writing", strace(openA, `7 fallocate(5<'/d/a'>, 0, 0, 4096) = 0`)},
		{"an offset that is not known", strace(openA, `7 write(9<'/d/a'>, "'x'", 1) = 1`)},
		{"appends, whose offset is not known", strace(`7 open("'/d/a'", O_WRONLY|O_CREAT|O_APPEND, 0644) = 5<'/d/a'>`, `7 write(5<'/d/a'>, "'x'", 1) = 1`)},
		{"a file that nobody made", strace(`7 open("'/d/a'", O_RDWR) = 5<'/d/a'>`)},
		{"everything is synced", strace(`7 sync() = 0`)},
	} {
		_, err := diskfault.Interpret(c.record, nil, "/d", "/d")
		if err == nil {
			t.Errorf("%s: no error", c.why)
		}
	}
	for _, c := range []struct{ why, record string }{
		{"a string that was cut", strace(openA, `7 pwrite64(5<'/d/a'>, "'x'"..., 9, 0) = 9`)},
		{"not hexadecimal", "7 write(5<\\x2f>, \"x\", 1) = 1\n"},
		{"no result", "7 fsync(5)\n"},
		{"not a call", "7 what\n"},
		{"no thread", "what\n"},
		{"resumes nothing", "7 <... fsync resumed>) = 0\n"},
		{"too few arguments", "7 pwrite64(5) = 1\n"},
		{"an argument that is no number", strace(openA, `7 pwrite64(5<'/d/a'>, "'x'", 1, there) = 1`)},
	} {
		_, err := diskfault.Interpret(c.record, nil, "/d", "/d")
		if _, ok := errors.AsType[*diskfault.ParseError](err); !ok {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}
