package post_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

// TestProxiesAreNotTakenForTheHost: where the proxy is to blame, that is said, and nothing of the host.
func TestProxiesAreNotTakenForTheHost(t *testing.T) {
	unwilling := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer unwilling.Close()
	for _, c := range []struct{ why, proxy, target, want string }{
		{
			"it is not there", "http://127.0.0.1:1", "http://crm.example/",
			"the proxy that the environment names cannot be reached: connection refused: nothing listens on 127.0.0.1:1",
		},
		{"it does not let us through", unwilling.URL, "https://crm.example/", "the proxy that the environment names answered 403"},
	} {
		t.Run(c.why, func(t *testing.T) {
			proxy, err := url.Parse(c.proxy)
			if err != nil {
				t.Fatal(err)
			}
			rt := &http.Transport{Proxy: http.ProxyURL(proxy), OnProxyConnectResponse: post.ProxyRefused, DisableKeepAlives: true}
			_, err = post.NewSender(limit, rt).Post(t.Context(), c.target, nil, nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
