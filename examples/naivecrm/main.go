// Naivecrm is the CRM's side as one writes it first, in an afternoon, without the library: kept as a bad example, and to
// see that tests notice. As long as every answer is 200 and people wait for one another, it works.
//
//	go run ./examples/naivecrm --api http://127.0.0.1:8137 --listen 127.0.0.1:8138
//	go run ./cmd/escalation verify --addr 127.0.0.1:8137 --webhook http://127.0.0.1:8138/webhook --desk http://127.0.0.1:8138/desk
//
// The second command, in another terminal, plays the platform and says what it saw. The CRM serves a webhook, and a desk
// as docs/desk-protocol.md describes it, which offers no view. What is wrong with it, and scenarios that show it best:
//
//  1. Each event is sent by a goroutine of its own, so events overtake each other. (burst, last-words)
//  2. The agent is told "taken" before anything was sent or kept, so whatever goes wrong later, nobody learns of it.
//     (invalid-events, outage)
//  3. There is no guard: a message goes out before an agent is connected because somebody asked for it. (early-message,
//     connected-once)
//  4. Webhooks are read and forgotten: it goes on sending after the visitor left, and after the end.
//     (visitor-leaves-waiting, visitor-leaves-connected, message-after-end)
//  5. After a time-out or an error it sends the same again at once, though the first may have arrived, and lets others
//     pass meanwhile: the visitor reads a line twice, the second time behind a later one. (unknown-outcome-of-a-message,
//     unknown-outcome-of-a-state, timeout-after-processing, connection-cut, late-copy)
//  6. It gives up on 401: while the key is being changed, whatever is said is lost. (unauthorized-mid-chat)
//  7. It tries three times without a pause and then drops the event, whatever the answer was: one that asked it to wait,
//     or one that said no for good. (rate-limited, outage)
//  8. Nothing is kept: when the process ends, what the agent was told was taken is gone. (no scenario ends the CRM)
//  9. Webhooks are taken from anybody. (no scenario pretends to be somebody else)
//
// The way to do it is in docs/guide-crm-vendors.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program. It ends with ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c crm
	flags := flag.NewFlagSet("naivecrm", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	flags.StringVar(&c.api, "api", "", "base URL of the API")
	flags.StringVar(&c.bot, "bot", "my-bot", "id of the bot")
	flags.StringVar(&c.key, "key", "my-key", "key of the API")
	timeout := flags.Duration("timeout", 2*time.Second, "how long one call may take")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	c.http.Timeout = *timeout
	c.log = log.New(stderr, "naive crm: ", 0)
	if c.api == "" || flags.NArg() > 0 {
		c.log.Print("--api is needed, and nothing but flags")
		return 2
	}
	url, err := c.start(*listen)
	if err != nil {
		c.log.Print(err)
		return 1
	}
	fmt.Fprintf(stdout, "naive crm: webhook %s/webhook desk %s/desk\n", url, url)
	<-ctx.Done()
	c.stop()
	return 0
}
