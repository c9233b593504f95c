package httptransport

import "net/http"

// refuseRedirects returns a client that hands a 3xx answer over as it is.
func refuseRedirects(c http.Client) *http.Client {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base := c.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	c.Transport = locationFilter{base}
	return &c
}

// locationFilter drops a Location that is not a URL. http.Client parses it before it asks
// CheckRedirect, and would turn the 3xx into an error without a status that quotes the header.
type locationFilter struct{ base http.RoundTripper }

func (f locationFilter) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := f.base.RoundTrip(req)
	if err == nil && resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		if _, bad := req.URL.Parse(resp.Header.Get("Location")); bad != nil {
			resp.Header.Del("Location")
		}
	}
	return resp, err
}
