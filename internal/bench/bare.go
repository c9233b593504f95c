package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// bare posts bodies as a caller without this library does.
type bare struct {
	url    string
	pool   *http.Transport
	client *http.Client
}

// newBare returns a client whose pool is set as that of httptransport, setting by setting; only
// what decides how a connection is used matters here, but a difference nobody meant cannot hide.
func newBare(url string) *bare {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	pool := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize:        4 << 10,
		DisableCompression:     true,
	}
	return &bare{url: url, pool: pool, client: &http.Client{Transport: pool}}
}

// post sends a body that was encoded beforehand and reads the answer, so that the connection can be used
// again. There is no time limit: every one costs a timer, and the bare client is to be bare.
func (b *bare) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", key)
	req.Header.Set("botid", botID)
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	return checkStatus(resp.StatusCode)
}
