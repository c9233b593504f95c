package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	promise  = regexp.MustCompile(`(?m)^\| (?:G[0-9]+|[0-9]+) \|.*$`)
	named    = regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9]+\b`)
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)\(`)
	comment  = regexp.MustCompile(`(?m)^\s*//.*$`)
)

// TestPromisesNameTests: each promise of the client, and each trap, names the test that would break first.
func TestPromisesNameTests(t *testing.T) {
	promises := promise.FindAllString(read(t, "docs/guarantees.md"), -1)
	if len(promises) < 18+14 {
		t.Errorf("only %d promises were found", len(promises))
	}
	for _, p := range promises {
		if !named.MatchString(p) {
			t.Errorf("no test is named: %s", p)
		}
	}
}

// TestNamedTestsExist: every test that a page or a comment outside the tests names is declared somewhere.
func TestNamedTestsExist(t *testing.T) {
	exists, names := map[string]bool{}, map[string]string{} // a name, and where it stands
	note := func(where, text string) {
		for _, name := range named.FindAllString(text, -1) {
			names[name] = where
		}
	}
	for page, text := range pages(t) {
		note(page, fence.ReplaceAllString(text, ""))
	}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text := read(t, path)
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range declared.FindAllStringSubmatch(text, -1) {
				exists[m[1]] = true
			}
			return nil
		}
		note(path, strings.Join(comment.FindAllString(text, -1), "\n"))
		return nil
	})
	if err != nil || len(names) < 20 {
		t.Errorf("%d names were found, %v", len(names), err)
	}
	for name, where := range names {
		if !exists[name] {
			t.Errorf("%s names %s, which does not exist", where, name)
		}
	}
}
