package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// maxFile is the size of the largest file that is read.
const maxFile = 4 << 20

// FileError says what is wrong with a file.
type FileError struct {
	Name     string // of the file
	Problems []Problem
}

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line  int    // from 1
	Field string // such as steps[2].fault.status, counted from 0; empty for the file as a whole
	Text  string
}

func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s:%d: %s", e.Name, p.Line, p.Text)
		if p.Field != "" {
			lines[i] = fmt.Sprintf("%s:%d: %s: %s", e.Name, p.Line, p.Field, p.Text)
		}
	}
	return "scenario: " + strings.Join(lines, "\n")
}

// Parse reads a scenario. name is that of the file, for errors only. The error is a *FileError with everything that is wrong.
func Parse(name string, text []byte) (*Scenario, error) {
	if len(text) > maxFile {
		return nil, &FileError{name, []Problem{{1, "", fmt.Sprintf("the file is larger than %d bytes", maxFile)}}}
	}
	root, err := parse(text)
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		return nil, &FileError{name, []Problem{{syntax.line, "", syntax.text}}}
	}
	d := &decoder{lines: map[string]int{}}
	sc := new(Scenario)
	d.decode(root, reflect.ValueOf(sc).Elem(), "")
	d.checkBeside(sc, d.problems)
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, &FileError{name, d.problems}
	}
	return sc, nil
}

// checkBeside adds what is contradictory where every field is in order by itself: what follows from a wrong one is not worth
// telling.
func (d *decoder) checkBeside(sc *Scenario, wrong []Problem) {
	if slices.ContainsFunc(wrong, func(p Problem) bool { return p.Field == "" }) {
		return
	}
	spoilt := map[string]bool{}
	for _, p := range wrong {
		spoilt[part(p.Field)] = true
		spoilt["widgets"] = spoilt["widgets"] || strings.HasPrefix(p.Field, "steps")
	}
	d.problems = nil
	d.check(sc)
	d.problems = slices.DeleteFunc(d.problems, func(p Problem) bool { return spoilt[part(p.Field)] })
	d.problems = slices.Concat(wrong, d.problems)
	if len(d.problems) == 0 {
		d.checkVisits(sc)
	}
}

// part is the part of a file that a field belongs to: a step, or a field of the whole.
func part(field string) string {
	name, _, _ := strings.Cut(field, ".")
	if strings.HasPrefix(name, "steps[") {
		return name
	}
	name, _, _ = strings.Cut(name, "[")
	return name
}

// decoder fills in Go values from JSON, and forgives nothing.
type decoder struct {
	lines    map[string]int // of every field that is there
	problems []Problem
}

func (d *decoder) bad(line int, field, format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	d.problems = append(d.problems, Problem{line, plain.Line(field), plain.Line(text)})
}

// words are the types that stand for one of a few words.
var words = map[reflect.Type][]string{
	reflect.TypeFor[Move]():  {string(Escalate), string(Write), string(Leave)},
	reflect.TypeFor[Sent]():  {string(webhookOf[Escalate]), string(webhookOf[Write]), string(webhookOf[Leave])},
	reflect.TypeFor[Cut]():   {string(CutBeforeBody), string(CutAfterBody), string(CutInAnswer)},
	reflect.TypeFor[State](): states,
}

func (d *decoder) decode(n *node, into reflect.Value, path string) {
	d.lines[path] = n.line
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	want := d.assign(n, into, path)
	if want == "" {
		return
	}
	if n.value == nil {
		want += ", not null: leave it out"
	}
	d.bad(n.line, path, "must be %s", want)
}

// assign returns what the value must be if it is something else.
func (d *decoder) assign(n *node, into reflect.Value, path string) (want string) {
	if into.Type() == reflect.TypeFor[Duration]() {
		text, ok := n.value.(string)
		var length Duration
		if !ok || length.UnmarshalText([]byte(text)) != nil {
			return `a length of time such as "1.5s"`
		}
		into.SetInt(int64(length))
		return ""
	}
	switch into.Kind() {
	case reflect.Struct:
		return d.object(n, into, path)
	case reflect.Map:
		return d.byName(n, into, path)
	case reflect.Slice:
		items, ok := n.value.([]*node)
		if !ok {
			return "a list"
		}
		list := reflect.MakeSlice(into.Type(), len(items), len(items))
		for i, item := range items {
			d.decode(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
		into.Set(list)
	case reflect.String:
		text, ok := n.value.(string)
		if allowed := words[into.Type()]; allowed != nil && !slices.Contains(allowed, text) {
			return "one of " + strings.Join(allowed, ", ")
		}
		if !ok {
			return "a string"
		}
		into.SetString(text)
	case reflect.Bool:
		value, ok := n.value.(bool)
		if !ok {
			return "true or false"
		}
		into.SetBool(value)
	default:
		return number(n, into, path)
	}
	return ""
}

// least returns the least whole number that a field may be. That it is not less is for check to say; here it is told to those who
// wrote something else.
func least(path string) int {
	switch {
	case path == "copies", strings.HasSuffix(path, ".times"):
		return 1
	case strings.HasSuffix(path, ".fault.status"):
		return leastStatus
	}
	return 0
}

func number(n *node, into reflect.Value, path string) (want string) {
	text, _ := n.value.(json.Number)
	switch into.Kind() {
	case reflect.Int:
		value, err := strconv.Atoi(string(text))
		if err != nil || value < 0 {
			return fmt.Sprintf("a whole number from %d", least(path))
		}
		into.SetInt(int64(value))
	case reflect.Uint64:
		value, err := strconv.ParseUint(string(text), 10, 64)
		if err != nil {
			return "a whole number from 0"
		}
		into.SetUint(value)
	case reflect.Float64:
		value, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return "a number"
		}
		into.SetFloat(value)
	default:
		return "nothing: this program cannot read a " + into.Type().String()
	}
	return ""
}

func (d *decoder) object(n *node, into reflect.Value, path string) (want string) {
	members, ok := n.value.([]member)
	if !ok {
		return "an object"
	}
	fields := fieldsOf(into.Type())
	seen := map[string]bool{}
	for _, m := range members {
		at := join(path, m.key)
		i := slices.Index(fields, m.key)
		switch {
		case seen[m.key]:
			d.bad(m.line, at, "stands here twice")
		case i < 0:
			d.bad(m.line, at, "unknown field; there are %s", strings.Join(fields, ", "))
		default:
			d.decode(m.value, into.Field(i), at)
		}
		seen[m.key] = true
	}
	return ""
}

func (d *decoder) byName(n *node, into reflect.Value, path string) (want string) {
	members, ok := n.value.([]member)
	if !ok {
		return "an object"
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, m := range members {
		at := join(path, m.key)
		if into.MapIndex(reflect.ValueOf(m.key)).IsValid() {
			d.bad(m.line, at, "stands here twice")
			continue
		}
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(m.value, value, at)
		into.SetMapIndex(reflect.ValueOf(m.key), value)
	}
	return ""
}

// fieldsOf returns the names of a struct's fields in a file, in order.
func fieldsOf(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("json")
	}
	return names
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}
