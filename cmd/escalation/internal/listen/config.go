package listen

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// WebhookPath is where webhooks are taken.
const WebhookPath = "/webhook"

// DefaultTimeout bounds what is passed on.
const DefaultTimeout = 30 * time.Second

// A Log numbers exchanges and keeps what may be kept of them; *wire.Log is one.
type Log interface {
	Append(wire.Exchange) (wire.Exchange, error)
}

// Config holds what is optional but for Log.
type Config struct {
	Log Log

	// Bot and Key are what requests must carry. Empty: any.
	Bot, Key string
	// Forward is the base URL that requests are passed on to. Empty: they are answered here.
	Forward string
	// Webhook is the URL that webhooks are passed on to. Empty: none are taken.
	Webhook string
	// Timeout bounds an exchange that is passed on. Default: DefaultTimeout.
	Timeout time.Duration
	// Transport carries what is passed on. Default: over the network, by a proxy if the environment names one.
	Transport http.RoundTripper

	// Tell, if set, is told of every exchange, one call at a time, in the order of their numbers.
	Tell func(Exchange) error
	// Bodies, if set, gets the bodies of what was taken in or refused for its body, one a line, as check reads them.
	Bodies io.Writer
}

func (c Config) checked() (Config, error) {
	var problems []error
	if c.Log == nil {
		problems = append(problems, errors.New("listen: no log"))
	}
	for what, raw := range map[string]string{"Forward": c.Forward, "Webhook": c.Webhook} {
		if u, err := url.Parse(raw); raw != "" && (err != nil || u.Host == "") {
			problems = append(problems, errors.New("listen: "+what+" is not a URL"))
		}
	}
	c.Forward = strings.TrimRight(c.Forward, "/")
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Transport == nil {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		c.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			OnProxyConnectResponse: post.ProxyRefused,
			Protocols:              protocols,
			DisableCompression:     true, // what comes is passed back as it is
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    64,
			IdleConnTimeout:        4 * time.Second,
		}
	}
	return c, errors.Join(problems...)
}
