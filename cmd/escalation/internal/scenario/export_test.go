package scenario

// The parts that are tested by themselves.

type (
	Wanted  = wanted
	Seen    = seen
	Finding = finding
)

// Want makes events that the visitor is to see, of their names; those that end in "?" may be missing.
func Want(names ...string) []Wanted {
	var out []Wanted
	for _, n := range names {
		w := wanted{key: n, label: n}
		if last := len(n) - 1; n[last] == '?' {
			w = wanted{key: n[:last], label: n[:last], optional: true}
		}
		out = append(out, w)
	}
	return out
}

// Saw makes an event that the visitor saw, caused by a request, and known to have arrived by the time of another one.
func Saw(name string, request, told int) Seen {
	return seen{key: name, label: name, request: request, told: told}
}

// Brief returns a finding in one line.
func (f finding) Brief() string {
	brief := string(f.kind) + " " + f.text
	if f.note {
		brief = "note " + brief
	}
	return brief
}

var (
	Compare  = compare
	LineText = lineText
)
