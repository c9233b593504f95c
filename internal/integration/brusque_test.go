package integration_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestConnectionClosedBetweenRequests meets a server that promises to keep connections and drops each after its
// first answer: half of them at once, where it is a race whether the client notices in time, and half at the
// first byte of the next request. Every text must arrive in the end, none twice, and the classes must tell the truth.
func TestConnectionClosedBetweenRequests(t *testing.T) {
	const texts = 100
	server := newBrusque(t)
	s := newStack(t, setup{network: httptransport.Config{BaseURL: server.url}})
	v := s.connect(t, "1")
	mayShowTwice := 0
	for n := range texts {
		result, err := v.Send(bounded(t), events.Message{Text: fmt.Sprint("text ", n)})
		if err != nil {
			t.Fatal(err)
		}
		if result.MayBeDuplicate {
			mayShowTwice++
		}
	}
	s.close(t)
	arrived := server.close(t)
	for n := range texts {
		body := fmt.Sprintf(`{"platformConversationId":"1","eventType":"message","text":"text %d"}`, n)
		if arrived[body] != 1 {
			t.Errorf("text %d arrived %d times", n, arrived[body])
		}
	}
	met := map[transport.Class]int{}
	for range len(s.attempts) {
		met[(<-s.attempts).Result.Class]++
	}
	if met[transport.Acknowledged] != texts+1 || met[transport.Acknowledged]+met[transport.Unknown]+met[transport.NotSent] != sum(met) {
		t.Errorf("outcomes %v: want each event acknowledged once, and otherwise only what a dropped connection means", met)
	}
	if met[transport.Unknown] == 0 || mayShowTwice == 0 || mayShowTwice > met[transport.Unknown] {
		t.Errorf("%d attempts ended unknown, %d texts may show twice: too few to mean anything, or the record lies", met[transport.Unknown], mayShowTwice)
	}
}

func sum(counts map[transport.Class]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

// brusque is a server that answers one request on each connection and then drops it without a word, every
// second one not before it has seen a byte of another request.
type brusque struct {
	url      string
	listener net.Listener
	done     sync.WaitGroup
	mu       sync.Mutex
	arrived  map[string]int // bodies read in full
}

func newBrusque(t *testing.T) *brusque {
	t.Helper()
	b := &brusque{listener: must(net.Listen("tcp", "127.0.0.1:0"))(t), arrived: map[string]int{}}
	b.url = "http://" + b.listener.Addr().String()
	b.done.Go(func() {
		for n := 0; ; n++ {
			conn, err := b.listener.Accept()
			if err != nil {
				return
			}
			b.done.Go(func() { b.serve(conn, n%2 == 1) })
		}
	})
	return b
}

func (b *brusque) serve(conn net.Conn, wait bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	b.arrived[string(body)]++
	b.mu.Unlock()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}")
	if wait {
		_, _ = in.ReadByte()
	}
}

// close ends the server and returns how often each body arrived.
func (b *brusque) close(t *testing.T) map[string]int {
	t.Helper()
	check(t, b.listener.Close())
	b.done.Wait()
	return b.arrived
}
