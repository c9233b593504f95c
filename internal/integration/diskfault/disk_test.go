package diskfault_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
)

// op builds one operation of a hand-made trace; write and the others say what is particular to it.
type op = diskfault.Op

func create(at, file int, name string) op {
	return op{Kind: diskfault.Create, Start: at, End: at, File: file, Name: name}
}

func write(at, file int, offset int64, data string) op {
	return op{Kind: diskfault.Write, Start: at, End: at, File: file, At: offset, Data: []byte(data)}
}

func truncate(at, file int, size int64) op {
	return op{Kind: diskfault.Truncate, Start: at, End: at, File: file, At: size}
}

func sync(at, file int) op { return op{Kind: diskfault.Sync, Start: at, End: at, File: file} }

func syncDir(at int, name string) op {
	return op{Kind: diskfault.SyncDir, Start: at, End: at, Name: name}
}

func unlink(at int, name string) op {
	return op{Kind: diskfault.Unlink, Start: at, End: at, Name: name}
}

func rename(at int, from, to string) op {
	return op{Kind: diskfault.Rename, Start: at, End: at, Name: from, To: to}
}

func mkdir(at int, name string) op { return op{Kind: diskfault.Mkdir, Start: at, End: at, Name: name} }

// lasting gives an operation another end.
func lasting(o op, end int) op {
	o.End = end
	return o
}

// files is an image for people: a=content, sorted by name.
func files(i diskfault.Image) string {
	all := slices.Clone(i.Dirs)
	for i := range all {
		all[i] += "/"
	}
	for _, name := range slices.Sorted(maps.Keys(i.Files)) {
		all = append(all, fmt.Sprintf("%s=%s", name, bytes.ReplaceAll(i.Files[name], []byte{0}, []byte("."))))
	}
	return strings.Join(all, " ")
}

func TestFixedChoices(t *testing.T) {
	const none, all, allButLast = diskfault.None, diskfault.All, diskfault.AllButLast
	was := []diskfault.File{{ID: 1, Name: "a", Data: []byte("old")}}
	for _, c := range []struct {
		why    string
		before []diskfault.File
		ops    []op
		point  int
		want   map[diskfault.Choice]string
	}{
		{"what was there is durable", was, []op{write(1, 1, 0, "n")}, 1,
			map[diskfault.Choice]string{none: "a=old", all: "a=nld"}},
		{"a new file has neither name nor content until both are synced", nil,
			[]op{create(1, 1, "a"), write(2, 1, 0, "x"), sync(3, 1)}, 3,
			map[diskfault.Choice]string{none: "", all: "a=x", diskfault.OnlyNames: "a=x", diskfault.OnlyData: ""}},
		{"the name is synced, the content not", nil,
			[]op{create(1, 1, "a"), write(2, 1, 0, "x"), syncDir(3, ".")}, 3,
			map[diskfault.Choice]string{none: "a=", all: "a=x", diskfault.OnlyNames: "a=", diskfault.OnlyData: "a=x"}},
		{"both are", nil, []op{create(1, 1, "a"), write(2, 1, 0, "x"), sync(3, 1), syncDir(4, ".")}, 4,
			map[diskfault.Choice]string{none: "a=x", all: "a=x"}},
		{"the last is only the last", was, []op{write(1, 1, 0, "x"), write(2, 1, 1, "y"), write(3, 1, 2, "z")}, 3,
			map[diskfault.Choice]string{none: "a=old", all: "a=xyz", allButLast: "a=xyd"}},
		{"a sync covers what ended before it began", was, []op{write(1, 1, 0, "x"), lasting(sync(2, 1), 4), write(3, 1, 1, "y")}, 4,
			map[diskfault.Choice]string{none: "a=xld", all: "a=xyd"}},
		{"a sync has no effect until it has ended", was, []op{write(1, 1, 0, "x"), lasting(sync(2, 1), 4), write(3, 1, 1, "y")}, 3,
			map[diskfault.Choice]string{none: "a=old"}},
		{"a sync does not cover a write that was under way", was, []op{lasting(write(1, 1, 0, "x"), 3), lasting(sync(2, 1), 4)}, 4,
			map[diskfault.Choice]string{none: "a=old", all: "a=xld"}},
		{"a sync that never ended has no effect", was, []op{write(1, 1, 0, "x"), lasting(sync(2, 1), 0), write(3, 1, 1, "y")}, 3,
			map[diskfault.Choice]string{none: "a=old"}},
		{"a sync does not cover a write that never ended", was, []op{lasting(write(1, 1, 0, "x"), 0), sync(2, 1), write(3, 1, 1, "y")}, 3,
			map[diskfault.Choice]string{none: "a=old", all: "a=xyd"}},
		{"the last may be in any file", was, []op{create(1, 2, "b"), syncDir(2, "."), write(3, 2, 0, "x"), write(4, 1, 0, "y")}, 4,
			map[diskfault.Choice]string{all: "a=yld b=x", allButLast: "a=old b=x"}},
		{"the last may be a name", was, []op{write(1, 1, 0, "x"), unlink(2, "a")}, 2,
			map[diskfault.Choice]string{all: "", allButLast: "a=xld"}},
		{"a gap reads as zeros", was, []op{write(1, 1, 5, "x")}, 1, map[diskfault.Choice]string{all: "a=old..x"}},
		{"cut and filled", was, []op{truncate(1, 1, 1), truncate(2, 1, 3), sync(3, 1)}, 3, map[diskfault.Choice]string{none: "a=o.."}},
		{"a removal is not durable until the directory is synced", was, []op{unlink(1, "a")}, 1,
			map[diskfault.Choice]string{none: "a=old", all: ""}},
		{"then it is", was, []op{unlink(1, "a"), syncDir(2, ".")}, 2, map[diskfault.Choice]string{none: "", all: ""}},
		{"the sync of another directory does not help", was, []op{unlink(1, "a"), syncDir(2, "sub")}, 1,
			map[diskfault.Choice]string{none: "a=old"}},
		{"a rename replaces in one step", was, []op{create(1, 2, "b"), write(2, 2, 0, "new"), sync(3, 2), syncDir(4, "."), rename(5, "b", "a")}, 5,
			map[diskfault.Choice]string{none: "a=old b=new", all: "a=new"}},
		{"a rename is durable with the directory that it leads to", was, []op{mkdir(1, "sub"), syncDir(2, "."), rename(3, "a", "sub/a"), syncDir(4, "sub")}, 4,
			map[diskfault.Choice]string{none: "sub/ sub/a=old"}},
		{"and not with the one that it leaves", was, []op{mkdir(1, "sub"), syncDir(2, "."), rename(3, "a", "sub/a"), syncDir(4, "."), syncDir(5, ".")}, 3,
			map[diskfault.Choice]string{none: "sub/ a=old"}},
		{"a file that was not synced before it was renamed may be empty", was, []op{create(1, 2, "b"), write(2, 2, 0, "new"), rename(3, "b", "a"), syncDir(4, ".")}, 4,
			map[diskfault.Choice]string{none: "a="}},
		{"a file whose directory is lost is lost", nil,
			[]op{mkdir(1, "sub"), create(2, 1, "sub/a"), write(3, 1, 0, "x"), sync(4, 1), syncDir(5, "sub")}, 5,
			map[diskfault.Choice]string{none: "", all: "sub/ sub/a=x"}},
	} {
		trace := diskfault.Trace{Before: c.before, Ops: c.ops}
		got := make(map[diskfault.Choice]string)
		for choice := range c.want {
			got[choice] = files(trace.Image(seed, c.point, choice))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

// random collects what a disk may hold after the last operation, by many images.
func random(t *testing.T, trace diskfault.Trace) map[string]bool {
	t.Helper()
	seen := make(map[string]bool)
	last := trace.Ops[len(trace.Ops)-1]
	for i := range 2000 {
		seen[files(trace.Image(seed, last.End, diskfault.Random(i)))] = true
	}
	return seen
}

// TestRandomIsWhatADiskMayHold: by chance everything comes up that is possible, and nothing else does.
func TestRandomIsWhatADiskMayHold(t *testing.T) {
	sectors := func(letters string) string { // a letter for each sector
		var b strings.Builder
		for _, l := range letters {
			b.WriteString(strings.Repeat(string(l), 512))
		}
		return b.String()
	}
	a := []diskfault.File{{ID: 1, Name: "a", Data: []byte(sectors("oo"))}}
	for _, c := range []struct {
		why  string
		ops  []op
		want []string // sectors as lettersOf prints them
	}{
		{"each sector of a write or none", []op{write(1, 1, 0, sectors("xy"))}, []string{"o o", "x o", "o y", "x y"}},
		{"never the second write to a sector without the first", []op{write(1, 1, 0, sectors("x")), write(2, 1, 0, "y")},
			[]string{"o o", "x o", "yx o"}},
		{"what is synced is there", []op{write(1, 1, 0, sectors("x")), sync(2, 1), write(3, 1, 512, sectors("y"))}, []string{"x o", "x y"}},
		{"the size may grow without what was written", []op{write(1, 1, 1024, sectors("x"))}, []string{"o o", "o o .", "o o x"}},
		{"the file may be cut or not, and its sectors be cleared or not", []op{truncate(1, 1, 512)}, []string{"o o", "o .", "o"}},
		{"what was cut does not come back with what is written later", []op{truncate(1, 1, 0), sync(2, 1), write(3, 1, 512, sectors("x"))},
			[]string{"", ". .", ". x"}},
	} {
		want := make(map[string]bool)
		for _, w := range c.want {
			want[w] = true
		}
		got := make(map[string]bool)
		for image := range random(t, diskfault.Trace{Before: a, Ops: c.ops}) {
			got[lettersOf(strings.TrimPrefix(image, "a="))] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

// lettersOf prints the letters in each sector of 512 bytes, in order and without repetition.
func lettersOf(content string) string {
	var all []string
	for part := range slices.Chunk([]byte(content), 512) {
		all = append(all, string(slices.Compact(slices.Clone(part))))
	}
	return strings.Join(all, " ")
}

// TestRandomTearsAndLosesNames: sectors of 512 bytes are torn apart, and names come and go one by one.
func TestRandomTearsAndLosesNames(t *testing.T) {
	torn := false
	was := []diskfault.File{{ID: 1, Name: "a", Data: bytes.Repeat([]byte("o"), 1024)}}
	for image := range random(t, diskfault.Trace{Before: was, Ops: []op{write(1, 1, 0, strings.Repeat("x", 1024))}}) {
		torn = torn || image == "a="+strings.Repeat("x", 512)+strings.Repeat("o", 512)
		if image != "a="+strings.Repeat(string(image[2]), 512)+strings.Repeat(string(image[1024]), 512) {
			t.Fatal("a sector is torn")
		}
	}
	if !torn {
		t.Error("no write of two sectors was torn")
	}
	names := random(t, diskfault.Trace{Ops: []op{create(1, 1, "a"), create(2, 2, "b"), rename(3, "a", "c")}})
	want := map[string]bool{"": true, "a=": true, "b=": true, "c=": true, "a= b=": true, "b= c=": true}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestImages: every moment is looked at with the promises made until then, nothing twice, and a failure says where.
func TestImages(t *testing.T) {
	trace := &diskfault.Trace{
		Ops:   []op{create(1, 1, "a"), syncDir(2, "."), write(4, 1, 0, "x"), sync(5, 1), write(7, 1, 0, "y")},
		Marks: []diskfault.Mark{{At: 3, Line: "asked"}, {At: 6, Line: "accepted"}},
	}
	var got []string
	one := &diskfault.ImagesConfig{Workers: 1, Random: 50} // enough to see all there is
	done, err := trace.Images(t.Context(), seed, func(i diskfault.Image) error {
		got = append(got, fmt.Sprintf("%d %v %s", i.Point, i.Marks, files(i)))
		return nil
	}, one)
	check(t, err)
	want := []string{
		"1 [] ", "1 [] a=", "3 [asked] a=", "4 [asked] a=x", "4 [asked] a=.", "6 [asked accepted] a=x", "7 [asked accepted] a=y",
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
	if done.Images != len(want) || done.Moments != 7 {
		t.Errorf("%+v", done)
	}

	bad := errors.New("bad")
	_, err = trace.Images(t.Context(), seed, func(i diskfault.Image) error {
		if files(i) == "a=y" {
			return bad
		}
		return nil
	}, nil)
	found, ok := errors.AsType[*diskfault.ImageError](err)
	if !ok || !errors.Is(err, bad) || found.Point != 7 || found.Choice != diskfault.All {
		t.Errorf("error %v", err)
	}
}

// TestSave: a trace that was kept builds the same images.
func TestSave(t *testing.T) {
	trace := &diskfault.Trace{
		Before: []diskfault.File{{ID: 1, Name: "a", Data: []byte("old")}},
		Ops:    []op{write(1, 1, 0, "x")},
		Marks:  []diskfault.Mark{{At: 2, Line: "accepted"}},
	}
	path := t.TempDir() + "/trace"
	check(t, trace.Save(path))
	again, err := diskfault.Load(path)
	check(t, err)
	if diff := cmp.Diff(trace, again); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
}
