package specgen

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// The parts of a YAML document: a mapping, a list, or a scalar, which is a string, a bool or an int.
type (
	mapping []pair
	pair    struct {
		key   string
		value any
	}
	list []any
)

// writeYAML renders a document in block style. Strings that YAML could take for something else are
// quoted; strings of several lines become literal blocks.
func writeYAML(doc mapping) ([]byte, error) {
	w := yamlWriter{}
	w.mapping(doc, 0, false)
	return w.out.Bytes(), w.err
}

type yamlWriter struct {
	out bytes.Buffer
	err error
}

// mapping writes the pairs at an indent; the first one continues a line if inline is set.
func (w *yamlWriter) mapping(m mapping, indent int, inline bool) {
	for i, p := range m {
		if i > 0 || !inline {
			w.out.WriteString(strings.Repeat("  ", indent))
		}
		w.out.WriteString(scalar(p.key))
		w.out.WriteByte(':')
		w.value(p.value, indent)
	}
}

// value writes what follows a key or a dash at the given indent.
func (w *yamlWriter) value(v any, indent int) {
	switch v := v.(type) {
	case mapping:
		if len(v) == 0 {
			w.out.WriteString(" {}\n")
			return
		}
		w.out.WriteByte('\n')
		w.mapping(v, indent+1, false)
	case list:
		if len(v) == 0 {
			w.out.WriteString(" []\n")
			return
		}
		w.out.WriteByte('\n')
		w.list(v, indent+1)
	case string:
		if strings.Contains(v, "\n") {
			w.block(v, indent+1)
			return
		}
		w.out.WriteString(" " + scalar(v) + "\n")
	case bool, int:
		fmt.Fprintf(&w.out, " %v\n", v)
	default:
		w.err = fmt.Errorf("no YAML form for a %T", v)
	}
}

func (w *yamlWriter) list(l list, indent int) {
	for _, item := range l {
		w.out.WriteString(strings.Repeat("  ", indent) + "-")
		if m, ok := item.(mapping); ok && len(m) > 0 {
			w.out.WriteByte(' ')
			w.mapping(m, indent+1, true)
			continue
		}
		w.value(item, indent)
	}
}

// block writes a text of several lines, which must not begin with white space.
func (w *yamlWriter) block(text string, indent int) {
	w.out.WriteString(" |-\n")
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if line != "\n" {
			w.out.WriteString(strings.Repeat("  ", indent))
		}
		w.out.WriteString(line)
	}
}

var (
	plainForm = regexp.MustCompile(`^[A-Za-z/$]([A-Za-z0-9 ,._/()+$-]*[A-Za-z0-9._/()-])?$`)
	wordForm  = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)

// scalar writes a string plain where every parser reads it back as that string, quoted otherwise.
func scalar(s string) string {
	if plainForm.MatchString(s) && !wordForm.MatchString(s) {
		return s
	}
	quoted, _ := compact(s) // a string always has a JSON form, and JSON strings are YAML
	return string(quoted)
}
