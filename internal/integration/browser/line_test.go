package browser_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// line is the way from a page to its sandbox: a SOCKS proxy on loopback that knows one destination, and notes
// who asks for another. The page keeps the address of the sandbox whatever happens to the line. It can be
// cut, stalled and mended.
type line struct {
	listener net.Listener
	to       string
	wg       sync.WaitGroup

	mu        sync.Mutex
	also      string // a second destination
	changed   *sync.Cond
	broken    bool           // new connections are reset
	stalled   bool           // nothing is carried
	half      bool           // the next bytes to the page are halved, and then the line is cut
	pairs     map[*pair]bool // the connections there are
	carried   int            // how many there have been
	expected  bool           // strangers are no failure
	strangers []string       // other destinations that were asked for
}

// pair is one connection: the page's end and the sandbox's.
type pair struct{ page, sandbox *net.TCPConn }

func newLine(t testing.TB, to string) *line {
	t.Helper()
	l := &line{listener: must(net.Listen("tcp", "127.0.0.1:0"))(t), to: to, pairs: map[*pair]bool{}}
	l.changed = sync.NewCond(&l.mu)
	l.wg.Go(l.accept)
	t.Cleanup(func() {
		l.listener.Close()
		l.cut()
		l.wg.Wait()
		if len(l.strangers) > 0 && !l.expected {
			t.Errorf("the page wanted to reach %q", l.strangers)
		}
	})
	return l
}

func (l *line) addr() string { return l.listener.Addr().String() }

// cut resets all connections, and from then on every new one.
func (l *line) cut() { l.set(func() { l.broken, l.stalled, l.half = true, false, false; l.reset() }) }

// cutWithin cuts the line after half of the next bytes for the page.
func (l *line) cutWithin() { l.set(func() { l.half = true }) }

// stall holds back everything, in both directions, without closing anything. What was sent into a stalled line
// is lost if it is cut then.
func (l *line) stall() { l.set(func() { l.stalled = true }) }

// mend ends a cut or a stall.
func (l *line) mend() { l.set(func() { l.broken, l.stalled, l.half = false, false, false }) }

// waitCut returns when a cut announced by cutWithin has happened.
func (l *line) waitCut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.broken {
		l.changed.Wait()
	}
}

// connections is how many connections there have been.
func (l *line) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.carried
}

func (l *line) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	l.changed.Broadcast()
}

func (l *line) reset() {
	for p := range l.pairs {
		p.page.SetLinger(0) // close with a reset
		p.page.Close()
		p.sandbox.Close()
	}
}

func (l *line) accept() {
	for {
		c, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.wg.Go(func() { l.serve(c.(*net.TCPConn)) })
	}
}

func (l *line) serve(page *net.TCPConn) {
	defer page.Close()
	to, err := greet(page)
	if err != nil {
		return
	}
	l.mu.Lock()
	known := to == l.to || to == l.also
	l.mu.Unlock()
	if !known {
		l.set(func() { l.strangers = append(l.strangers, to) })
		return
	}
	c, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	p := &pair{page, c.(*net.TCPConn)}
	defer p.sandbox.Close()
	l.set(func() {
		l.pairs[p] = true
		l.carried++
		if l.broken {
			l.reset()
		}
	})
	defer l.set(func() { delete(l.pairs, p) })
	var both sync.WaitGroup
	both.Go(func() { l.carry(p.sandbox, p.page, false) })
	both.Go(func() { l.carry(p.page, p.sandbox, true) })
	both.Wait()
}

// carry copies until either end closes, which then closes the other.
func (l *line) carry(to, from *net.TCPConn, toPage bool) {
	defer to.CloseWrite()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !l.pass(to, buffer[:n], toPage) {
			return
		}
		if err != nil {
			return
		}
	}
}

// pass writes when the line is not stalled, and reports whether it goes on.
func (l *line) pass(to *net.TCPConn, b []byte, toPage bool) bool {
	l.mu.Lock()
	for l.stalled {
		l.changed.Wait()
	}
	half := l.half && toPage
	if half {
		b, l.half = b[:len(b)/2], false
	}
	l.mu.Unlock()
	_, err := to.Write(b)
	if half {
		l.cut()
	}
	return err == nil && !half
}

// greet speaks SOCKS 5 as far as it takes to learn where a connection should go.
func greet(c net.Conn) (to string, err error) {
	methods := make([]byte, 2)
	if _, err := io.ReadFull(c, methods); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(c, make([]byte, methods[1])); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte{5, 0}); err != nil { // nobody has to say who he is
		return "", err
	}
	request := make([]byte, 4)
	if _, err := io.ReadFull(c, request); err != nil {
		return "", err
	}
	length := map[byte]int{1: net.IPv4len, 4: net.IPv6len}[request[3]]
	if request[3] == 3 { // a name, after its length
		one := make([]byte, 1)
		if _, err := io.ReadFull(c, one); err != nil {
			return "", err
		}
		length = int(one[0])
	}
	if !slices.Contains([]byte{1, 3, 4}, request[3]) {
		return "", errors.New("unknown kind of address")
	}
	address := make([]byte, length+2)
	if _, err := io.ReadFull(c, address); err != nil {
		return "", err
	}
	host := string(address[:length])
	if request[3] != 3 {
		host = net.IP(address[:length]).String()
	}
	port := binary.BigEndian.Uint16(address[length:])
	_, err = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return net.JoinHostPort(host, strconv.Itoa(int(port))), err
}
