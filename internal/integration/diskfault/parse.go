package diskfault

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// call is a system call as strace -f -xx -y prints it. Its instants are line numbers.
type call struct {
	thread     string
	start, end int // end 0: it was never seen to return
	name       string
	args       []string
	result     int64
	path       string // that of the result, if that is a descriptor
	failed     bool
}

// ParseError is a line that cannot be understood.
type ParseError struct {
	Line int
	Text string // its beginning
	Err  error
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("diskfault: line %d of the record: %v: %.80q", e.Line, e.Err, e.Text)
}

func (e *ParseError) Unwrap() error { return e.Err }

// A call that other threads interrupt is printed in two parts, the second with its name again.
const (
	unfinished = " <unfinished ...>"
	resumed    = "<... "
)

// parse returns the calls of a record by their start.
func parse(r io.Reader) ([]*call, error) {
	var calls []*call
	type half struct {
		call *call
		text string
	}
	open := make(map[string]half) // by thread
	in := bufio.NewReaderSize(r, 1<<20)
	for line := 1; ; line++ {
		text, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && text == "" {
			break
		} else if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("diskfault: read the record: %w", err)
		}
		thread, text, ok := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
		fail := func(err error) ([]*call, error) { return nil, &ParseError{line, thread + " " + text, err} }
		if !ok {
			return fail(errors.New("no thread"))
		}
		text = strings.TrimLeft(text, " ")
		switch {
		case strings.HasPrefix(text, "+++ "), strings.HasPrefix(text, "--- "):
			continue // an exit, a signal
		case strings.HasPrefix(text, resumed):
			h, ok := open[thread]
			_, rest, good := strings.Cut(text, " resumed>")
			if !ok || !good {
				return fail(errors.New("resumes nothing"))
			}
			delete(open, thread)
			if err := h.call.read(h.text+rest, line); err != nil {
				return fail(err)
			}
		case strings.HasSuffix(text, unfinished):
			text = strings.TrimSuffix(text, unfinished)
			c := &call{thread: thread, start: line}
			if err := c.begin(text); err != nil {
				return fail(err)
			}
			open[thread] = half{c, text}
			calls = append(calls, c)
		default:
			c := &call{thread: thread, start: line}
			if err := c.read(text, line); err != nil {
				return fail(err)
			}
			calls = append(calls, c)
		}
	}
	return calls, nil
}

// begin reads as much of a call as was printed when it began.
func (c *call) begin(text string) (err error) {
	c.name, c.args, _, err = split(text)
	return err
}

// read reads a whole call.
func (c *call) read(text string, line int) error {
	// The process died within the call: strace closes what it had begun to print.
	text = strings.Replace(text, " <unfinished ...>)", ")", 1)
	name, args, rest, err := split(text)
	if err != nil {
		return err
	}
	c.name, c.args = name, args
	result, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "= ")
	switch {
	case !ok:
		return errors.New("no result")
	case result == "?":
		return nil
	case strings.HasPrefix(result, "? "): // ERESTART…: nothing was done, the call is made again
		c.end, c.failed = line, true
		return nil
	}
	c.end = line
	number, _, _ := strings.Cut(result, " ")
	if at := strings.IndexByte(number, '<'); at >= 0 {
		if c.path, err = descriptorPath(number); err != nil {
			return err
		}
		number = number[:at]
	}
	if strings.HasPrefix(number, "0x") {
		address, err := strconv.ParseUint(number, 0, 64) // an address or, of a raw call, any number
		c.result, c.failed = int64(address), int64(address) < 0 && int64(address) > -4096
		return err
	}
	c.result, err = strconv.ParseInt(number, 10, 64)
	c.failed = c.result < 0
	return err
}

// split takes name(a, b, …)rest apart. The closing parenthesis may be missing. Strings and paths are all hexadecimal,
// so that they hold none of the characters that matter here.
func split(text string) (name string, args []string, rest string, err error) {
	at := strings.IndexByte(text, '(')
	if at <= 0 {
		return "", nil, "", errors.New("not a call")
	}
	name, text = text[:at], text[at+1:]
	depth, from := 0, 0
	add := func(to int) {
		if arg := strings.TrimSpace(text[from:to]); arg != "" {
			args = append(args, arg)
		}
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				add(i)
				return name, args, text[i+1:], nil
			}
		case ',':
			if depth == 0 {
				add(i)
				from = i + 1
			}
		}
	}
	add(len(text))
	return name, args, "", nil
}

// unquote returns the bytes of "\x61\x62".
func unquote(arg string) ([]byte, error) {
	if strings.HasSuffix(arg, "...") {
		return nil, errors.New("a string was cut short")
	}
	if len(arg) < 2 || arg[0] != '"' || arg[len(arg)-1] != '"' {
		return nil, errors.New("not a string")
	}
	return unhex(arg[1 : len(arg)-1])
}

func unhex(text string) ([]byte, error) {
	digits := strings.ReplaceAll(text, `\x`, "")
	if len(digits)*2 != len(text) {
		return nil, errors.New("not all hexadecimal")
	}
	return hex.DecodeString(digits)
}

// descriptor reads 5 or 5<path>.
func descriptor(arg string) (number int, path string, err error) {
	digits, _, decorated := strings.Cut(arg, "<")
	if decorated {
		if path, err = descriptorPath(arg); err != nil {
			return 0, "", err
		}
	}
	if digits == "AT_FDCWD" {
		return -1, path, nil
	}
	wide, err := strconv.ParseInt(digits, 0, 64)
	return int(wide), path, err
}

// descriptorPath reads the path of 5<path> or 5<path>(deleted); of a pipe, a socket and the like it is empty.
func descriptorPath(arg string) (string, error) {
	_, path, _ := strings.Cut(arg, "<")
	end := strings.LastIndexByte(path, '>')
	if end < 0 {
		return "", errors.New("a descriptor without end")
	}
	if path = path[:end]; !strings.HasPrefix(path, `\x`) {
		return "", nil
	}
	name, err := unhex(path)
	if err != nil || len(name) == 0 || name[0] != '/' {
		return "", err
	}
	return string(name), nil
}

// vector joins the parts of [{iov_base="…", iov_len=3}, …].
func vector(arg string) ([]byte, error) {
	var all []byte
	for _, part := range strings.Split(arg, "iov_base=")[1:] {
		text, _, ok := strings.Cut(part, ", iov_len")
		if !ok {
			return nil, errors.New("a vector without length")
		}
		data, err := unquote(text)
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	if strings.Contains(arg, "...") {
		return nil, errors.New("a vector was cut short")
	}
	return all, nil
}
