package integration_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// vault is a provider whose key can be replaced.
type vault struct {
	mu        sync.Mutex
	current   httptransport.Secret
	refresh   func(ctx context.Context) (string, error)
	refreshes atomic.Int32
}

func newVault(key string) *vault { return &vault{current: httptransport.NewSecret(key)} }

func (v *vault) Credentials(context.Context, string) (httptransport.Credentials, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return httptransport.Credentials{Key: v.current}, nil
}

func (v *vault) Refresh(ctx context.Context, _ string, _ httptransport.Credentials) (httptransport.Credentials, error) {
	v.refreshes.Add(1)
	fresh, err := v.refresh(ctx)
	if err != nil {
		return httptransport.Credentials{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = httptransport.NewSecret(fresh)
	return httptransport.Credentials{Key: v.current}, nil
}

// sharedRefresh has the key changed under a burst of attempts: one fetches the new one for all.
func sharedRefresh(t *testing.T) *stack {
	const burst = 8
	v := newVault("worn-out")
	s := newStack(t, setup{provider: v})
	v.refresh = func(ctx context.Context) (string, error) {
		return key, s.api.WaitEnded(ctx, burst) // all have been refused
	}
	var sent []<-chan error
	for i := range burst {
		sent = append(sent, goSend(bounded(t), s.open(t, fmt.Sprint(i)), events.EscalationSuccess{Agent: "John"}))
	}
	for i, c := range sent {
		check(t, receive(t, c, "an attempt with the new key"))
		s.wantWidget(t, fmt.Sprint(i), "John joined")
	}
	if n := v.refreshes.Load(); n != 1 {
		t.Errorf("%d refreshes, want one", n)
	}
	if n := len(s.api.Requests()); n != 2*burst {
		t.Errorf("%d requests, want %d refused and %d taken in", n, burst, burst)
	}
	return s
}

// refreshCutOff closes the transport while a refresh hangs: the refusal of the old key stands.
func refreshCutOff(t *testing.T) *stack {
	v := newVault("worn-out")
	s := newStack(t, setup{provider: v})
	fetching := make(chan struct{})
	v.refresh = func(ctx context.Context) (string, error) {
		close(fetching)
		<-ctx.Done()
		return "", ctx.Err()
	}
	talk := s.open(t, "1")
	accept(t, talk, events.EscalationSuccess{})
	receive(t, fetching, "the refresh to begin")
	check(t, s.network.Close())
	o := receive(t, s.attempts, "the attempt to end")
	wantClass(t, o.Result, transport.RefusedScope, 401)
	if !errors.Is(o.Result.Err, context.Canceled) {
		t.Errorf("got %v, want why no other key was tried", o.Result.Err)
	}
	wantState(t, talk, fsm.Pending)
	return s
}
