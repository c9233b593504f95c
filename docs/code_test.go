package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	// The go command remembers results of tests. With these it runs them again when what snippets use has changed.
	_ "github.com/escalationkit/escalation"
	_ "github.com/escalationkit/escalation/escalationtest"
	_ "github.com/escalationkit/escalation/escalationtest/fakeapi"
	_ "github.com/escalationkit/escalation/escalationtest/gen"
	_ "github.com/escalationkit/escalation/store/memstore"
	_ "github.com/escalationkit/escalation/store/sqlitestore"
	_ "github.com/escalationkit/escalation/store/storetest"
	_ "github.com/escalationkit/escalation/transport/httptransport"
	_ "github.com/escalationkit/escalation/transport/transporttest"
	_ "github.com/escalationkit/escalation/webhook"
)

const module = "github.com/escalationkit/escalation"

// imports gives the paths of the packages that snippets use, by the names they use them by.
var imports = map[string]string{
	"bytes": "bytes", "context": "context", "errors": "errors", "http": "net/http", "httptest": "net/http/httptest",
	"io": "io", "json": "encoding/json", "os": "os", "slog": "log/slog", "sql": "database/sql", "strings": "strings", "sync": "sync", "synctest": "testing/synctest",
	"testing": "testing", "time": "time",

	"escalation": module, "escalationtest": module + "/escalationtest", "events": module + "/events",
	"fakeapi": module + "/escalationtest/fakeapi", "fsm": module + "/fsm", "gen": module + "/escalationtest/gen",
	"httptransport": module + "/transport/httptransport", "rapid": "pgregory.net/rapid", "rules": module + "/rules",
	"memstore": module + "/store/memstore", "sqlitestore": module + "/store/sqlitestore", "store": module + "/store",
	"storetest": module + "/store/storetest",
	"transport": module + "/transport", "transporttest": module + "/transport/transporttest", "webhook": module + "/webhook",
}

var qualifier = regexp.MustCompile(`\b([a-z]+)\.[A-Z]`)

// file makes a Go file of declarations, with the imports that they need.
func file(code string) string {
	text, seen := "package snippets\n\n", map[string]bool{}
	for _, m := range qualifier.FindAllStringSubmatch(code, -1) {
		if path := imports[m[1]]; path != "" && !seen[path] {
			seen[path] = true
			text += fmt.Sprintf("import %q\n", path)
		}
	}
	return text + "\n" + code
}

// TestSnippets puts the Go code of each page into a module of its own that requires the library, as a reader would,
// compiles it and runs its tests.
func TestSnippets(t *testing.T) {
	inFunction := func(code string) string {
		return "func program(ctx context.Context, baseURL string) error {\n" + code + "\nreturn err\n}\n"
	}
	whole := func(code string) string { return code }
	for _, page := range []struct {
		path, file string
		wrap       func(code string) string
	}{
		{"README.md", "snippets.go", inFunction},
		{"docs/guide-crm-vendors.md", "snippets.go", whole},
		{"docs/crm-reference.md", "snippets.go", whole},
		{"docs/guide-test-authors.md", "snippets_test.go", whole},
		{"docs/guide-operations.md", "snippets.go", whole},
		{"docs/guide-writing-a-store.md", "snippets_test.go", whole},
	} {
		t.Run(filepath.Base(page.path), func(t *testing.T) {
			t.Parallel()
			code := strings.Join(blocks(read(t, page.path), "go"), "\n")
			if code == "" {
				t.Fatal("no code was found")
			}
			dir := t.TempDir()
			write(t, dir, page.file, file(page.wrap(code)))
			write(t, dir, "go.mod", userModule(t))
			write(t, dir, "go.sum", read(t, "go.sum"))
			cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-mod=mod", ".")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// userModule is the go.mod of somebody who requires the library in the state at hand.
func userModule(t *testing.T) string {
	t.Helper()
	at, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(read(t, "go.mod"), "module "+module, "module example.com/crm", 1) +
		fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %q\n", module, module, at)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
