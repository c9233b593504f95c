package spec_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/specgen"
	"github.com/escalationkit/escalation/rules"
)

// strict returns the default rules.
func strict(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Strict()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestBodies puts every body to the codec and the default rules.
func TestBodies(t *testing.T) {
	file, set := readVectors(t), strict(t)
	seen := map[string]bool{}
	for i := range file.Bodies {
		v := &file.Bodies[i]
		if seen[v.String()] {
			t.Errorf("%v: stands twice", v)
		}
		seen[v.String()] = true
		if !slices.IsSorted(v.Broken) {
			t.Errorf("%v: %v is not sorted", v, v.Broken)
		}
		if j := judge(t, set, v); v.wrong(j) {
			t.Errorf("%v: got %v %v, unknown %v; want %q %v, unknown %v", v, j.kind, j.broken, j.unknown, v.Kind, v.Broken, v.Unknown)
		}
	}
	t.Logf("%d bodies", len(file.Bodies))
}

// TestEveryRuleHasBodies wants, for every payload rule and every policy rule of the presets, a body that
// keeps it and one that breaks it; and no body about any other rule.
func TestEveryRuleHasBodies(t *testing.T) {
	kept, broken := map[string]int{}, map[string]int{}
	for _, v := range readVectors(t).Bodies {
		if slices.Contains(v.Broken, v.About) {
			broken[v.About]++
		} else {
			kept[v.About]++
		}
		if len(v.Broken) > 0 && !slices.Contains(v.Broken, v.About) {
			t.Errorf("%v: breaks %v, but not what it is about", &v, v.Broken)
		}
	}
	for _, r := range strict(t).Rules() {
		if r.ID != rules.SequenceID && (kept[r.ID] == 0 || broken[r.ID] == 0) {
			t.Errorf("%s: %d bodies keep it and %d break it", r.ID, kept[r.ID], broken[r.ID])
		}
		delete(kept, r.ID)
		delete(broken, r.ID)
	}
	if len(kept)+len(broken) > 0 {
		t.Errorf("bodies about unknown rules: %v %v", kept, broken)
	}
}

// TestEveryCodeHasARule reads the codes from the source of package events, so that one added there cannot
// be forgotten here.
func TestEveryCodeHasARule(t *testing.T) {
	var codes, ids []string
	for _, decl := range parse(t, "../events/problem.go").Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			c := s.(*ast.ValueSpec)
			if typ, ok := c.Type.(*ast.Ident); ok && typ.Name == "Code" {
				code, err := strconv.Unquote(c.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
		}
	}
	for _, r := range rules.PayloadRules() {
		ids = append(ids, r.ID)
	}
	slices.Sort(codes)
	slices.Sort(ids)
	if diff := cmp.Diff(codes, ids); diff != "" || len(codes) == 0 {
		t.Errorf("%d codes; codes and payload rules differ:\n%s", len(codes), diff)
	}
}

// TestCatalogueIsComplete reads the constructors of package rules from its source: each must be in the
// catalogue, and so in escalation.json and rules.md.
func TestCatalogueIsComplete(t *testing.T) {
	constructors := 0
	for _, decl := range parse(t, "../rules/builtin.go").Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
			continue
		}
		if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Rule" {
			constructors++
		}
	}
	catalogue, err := specgen.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	policies := 0
	for _, e := range catalogue {
		if e.Stage == "policy" {
			policies++
		}
		if e.ID == "" || e.Summary == "" || e.Scope.Len() == 0 || !e.Basis.Valid() || strings.ContainsAny(e.Summary, "|\n") {
			t.Errorf("incomplete entry %+v", e)
		}
	}
	if constructors != policies || constructors == 0 {
		t.Errorf("package rules has %d constructors, the catalogue %d policy rules", constructors, policies)
	}
}

// TestScopes holds the kinds that the catalogue gives for each rule against the bodies that break it.
func TestScopes(t *testing.T) {
	catalogue, err := specgen.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range readVectors(t).Bodies {
		for _, e := range catalogue {
			if v.Kind != "" && slices.Contains(v.Broken, e.ID) && !e.Scope.Has(kindNamed(t, v.Kind)) {
				t.Errorf("%v breaks %s, whose kinds are %v", &v, e.ID, e.Scope)
			}
		}
	}
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
