package escalation_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/escalationkit/escalation"

// directions lists, for every package of the root module, those of our own that its non-test code may
// import: the picture in docs/architecture.md. A package that is not listed fails the test.
var directions = map[string][]string{
	"":                             {"events", "fsm", "internal/delivery", "rules", "store", "transport"},
	"events":                       {},
	"fsm":                          {"events"},
	"rules":                        {"events", "fsm"},
	"transport":                    {"events"},
	"transport/httptransport":      {"events", "transport"},
	"transport/transporttest":      {"events", "transport"},
	"webhook":                      {"events"},
	"docs":                         {},
	"spec":                         {},
	"escalationtest":               {"events", "transport"},
	"escalationtest/fakeapi":       {},
	"escalationtest/gen":           {"events"},
	"store":                        {"events", "fsm"},
	"store/memstore":               {"events", "fsm", "store"},
	"store/sqlitestore":            {"events", "fsm", "store"},
	"store/storetest":              {"events", "fsm", "store"},
	"internal/delivery":            {"events", "fsm", "store", "transport"},
	"internal/delivery/modelcheck": {"events", "fsm", "internal/delivery", "store", "transport"},
	"internal/invariant":           {"events", "fsm", "store"},
	"internal/durabletest": {"", "events", "fsm", "internal/invariant", "internal/oracle", "rules", "store", "transport",
		"escalationtest/gen", "store/memstore"},
	"internal/oracle":           {"events"},
	"internal/specgen":          {"events", "fsm", "internal/oracle", "rules"},
	"internal/specgen/generate": {"internal/specgen"},
	"examples/naivecrm":         {},
	"examples/quickstart": {"", "escalationtest/fakeapi", "events", "fsm", "rules", "store/memstore", "transport",
		"transport/httptransport", "webhook"},
}

// testOnly are the packages that only tests import; nothing that a program links may reach them.
var testOnly = []string{
	"transport/transporttest", "escalationtest/gen", "internal/delivery/modelcheck", "internal/durabletest", "internal/invariant",
	"store/storetest", "cmd/escalation/internal/port/porttest",
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestImportDirections(t *testing.T) {
	for _, p := range goList(t, ".") {
		name := ours(p.ImportPath)
		allowed, known := directions[name]
		if !known {
			t.Errorf("package %q is not in the list of directions", name)
		}
		for _, i := range p.Imports {
			if (i == module || strings.HasPrefix(i, module+"/")) && !slices.Contains(allowed, ours(i)) {
				t.Errorf("package %q must not import %q", name, ours(i))
			}
		}
	}
}

// TestTestKitsStayInTests: rapid registers flags when it is linked, and testing does as well.
func TestTestKitsStayInTests(t *testing.T) {
	packages := append(goList(t, "."), goList(t, "cmd/escalation")...)
	for _, p := range packages {
		if slices.Contains(testOnly, ours(p.ImportPath)) {
			continue
		}
		for _, d := range p.Deps {
			if d == "testing" || strings.HasPrefix(d, "pgregory.net/rapid") || slices.Contains(testOnly, ours(d)) {
				t.Errorf("package %q reaches %q", p.ImportPath, d)
			}
		}
	}
}

// TestRootRequirements: whoever embeds the library inherits its requirements, so they require nothing.
func TestRootRequirements(t *testing.T) {
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal(goCommand(t, ".", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range mod.Require {
		got = append(got, r.Path)
	}
	want := []string{"github.com/google/go-cmp", "github.com/looplab/fsm", "pgregory.net/rapid"}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("root requirements (-want +got):\n%s", diff)
	}
	for line := range strings.Lines(string(goCommand(t, ".", "mod", "graph"))) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		if from != module && !strings.HasPrefix(to, "go@") && !strings.HasPrefix(to, "toolchain@") {
			t.Errorf("the requirement %s requires %s", from, to)
		}
	}
}

func ours(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

// goList lists the packages of the module in dir.
func goList(t *testing.T, dir string) []listed {
	t.Helper()
	var all []listed
	dec := json.NewDecoder(bytes.NewReader(goCommand(t, dir, "list", "-json=ImportPath,Imports,Deps", "./...")))
	for {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// goCommand runs the go command on one module alone.
func goCommand(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.FromSlash(dir)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}
