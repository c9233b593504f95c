package spec_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/specgen"
	"github.com/escalationkit/escalation/spec"
)

// TestGeneratedFilesAreFresh builds every generated file in memory and compares it with the one that is
// checked in; those of this directory as they are embedded.
func TestGeneratedFilesAreFresh(t *testing.T) {
	files, err := specgen.Files()
	if err != nil {
		t.Fatal(err)
	}
	embedded := 0
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(f.Path)))
		if name, ok := strings.CutPrefix(f.Path, "spec/"); ok {
			embedded++
			have, err = spec.FS.ReadFile(name)
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(have), "\n"), strings.Split(string(f.Content), "\n")); diff != "" {
			t.Errorf("%s is stale, run %s (-have +want):\n%.4000s", f.Path, specgen.Command, diff)
		}
	}
	if embedded != 3 || len(files) != 5 {
		t.Errorf("generated %d files, %d of them embedded; want 5 and 3", len(files), embedded)
	}
}

// TestGenerationIsDeterministic builds the files twice.
func TestGenerationIsDeterministic(t *testing.T) {
	one, err := specgen.Files()
	if err != nil {
		t.Fatal(err)
	}
	two, err := specgen.Files()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two runs differ:\n%.2000s", diff)
	}
}

// TestEmbeddedFiles pins what the file system holds, and that vectors.json stays small enough to read.
func TestEmbeddedFiles(t *testing.T) {
	names, err := fs.Glob(spec.FS, "*")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"escalation.json", "openapi.yaml", "vectors.json"}, names); diff != "" {
		t.Errorf("embedded files (-want +have):\n%s", diff)
	}
	info, err := fs.Stat(spec.FS, "vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(700_000); info.Size() > most {
		t.Errorf("vectors.json has %d bytes, more than %d", info.Size(), most)
	}
}
