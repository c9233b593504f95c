package specgen

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWriteYAML pins the writer's output for everything that the document uses and for the strings that
// YAML would read as something else.
func TestWriteYAML(t *testing.T) {
	got, err := writeYAML(mapping{
		{"plain", "two words"},
		{"path/{x}", "/a/b-c"},
		{"200", "12"},
		{"empty", ""},
		{"yes", "no"},
		{"colon", "a: b"},
		{"hash", "a #b"},
		{"tick", "it's <b> & \\ \""},
		{"space", "behind "},
		{"on", true},
		{"least", 1},
		{"none", list{}},
		{"nothing", mapping{}},
		{"text", "one\n\n  two\n"},
		{"list", list{"a", mapping{{"b", "c"}, {"d", list{"e"}}}, mapping{{"f", mapping{{"g", "h"}}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `plain: two words
"path/{x}": /a/b-c
"200": "12"
empty: ""
"yes": "no"
colon: "a: b"
hash: "a #b"
tick: "it's <b> & \\ \""
space: "behind "
"on": true
least: 1
none: []
nothing: {}
text: |-
  one

    two
list:
  - a
  - b: c
    d:
      - e
  - f:
      g: h
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := writeYAML(mapping{{"x", 1.5}}); err == nil {
		t.Error("a value without a YAML form is written")
	}
}
