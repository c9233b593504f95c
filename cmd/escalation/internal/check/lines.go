package check

import (
	"bufio"
	"bytes"
	"io"

	"github.com/escalationkit/escalation/events"
)

const readSize = 64 << 10

// lines cuts an input into lines without ever holding more than one of them, nor more of it than a
// body may have.
type lines struct {
	in     *bufio.Reader
	long   []byte // the line at hand, if it did not fit into the reader's buffer
	number int
}

func newLines(in io.Reader) *lines {
	return &lines{in: bufio.NewReaderSize(in, readSize)}
}

// next returns the next line without its end, or that it is too long for a body. The slice is good
// until the following call. The end of the input is io.EOF; any other error is the input's, and what
// it had delivered of an unfinished line is dropped.
func (l *lines) next() (line []byte, tooLong bool, err error) {
	l.number++
	l.long = l.long[:0]
	for {
		piece, err := l.in.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull:
			if tooLong = tooLong || len(l.long)+len(piece) > events.MaxBodyBytes+len("\r\n"); !tooLong {
				l.long = append(l.long, piece...)
			}
			continue
		case err == io.EOF && (len(piece) > 0 || len(l.long) > 0 || tooLong):
			// The last line has no end.
		case err != nil:
			return nil, false, err
		}
		if tooLong || len(l.long)+len(piece) > events.MaxBodyBytes+len("\r\n") {
			return nil, true, nil
		}
		if line = piece; len(l.long) > 0 {
			l.long = append(l.long, piece...)
			line = l.long
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		return line, len(line) > events.MaxBodyBytes, nil
	}
}

// blank reports whether a line holds nothing but JSON's white space.
func blank(line []byte) bool {
	return len(bytes.Trim(line, " \t\r\n")) == 0
}
