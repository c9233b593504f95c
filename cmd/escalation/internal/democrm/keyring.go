package democrm

import (
	"context"
	"errors"
	"sync"

	"github.com/escalationkit/escalation/transport/httptransport"
)

// keyring gives the bot's key to the transport as a service with a cache does: the one in use until the platform
// refuses it, then the newest. So a rotation needs no agreement on who learns of it first.
type keyring struct {
	bot string

	mu            sync.Mutex
	inUse, newest httptransport.Provider
}

var (
	_ httptransport.Provider  = (*keyring)(nil)
	_ httptransport.Refresher = (*keyring)(nil)
)

func newKeyring(bot, key string) (*keyring, error) {
	first, err := httptransport.Static(bot, key)
	if err != nil {
		return nil, err
	}
	return &keyring{bot: bot, inUse: first, newest: first}, nil
}

// set makes key the newest.
func (k *keyring) set(key string) error {
	next, err := httptransport.Static(k.bot, key)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.newest = next
	return nil
}

// Credentials implements httptransport.Provider.
func (k *keyring) Credentials(ctx context.Context, bot string) (httptransport.Credentials, error) {
	if bot != k.bot {
		return httptransport.Credentials{}, errors.New("this CRM serves another bot")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inUse.Credentials(ctx, bot)
}

// Refresh implements httptransport.Refresher: the key in use was refused.
func (k *keyring) Refresh(ctx context.Context, bot string, _ httptransport.Credentials) (httptransport.Credentials, error) {
	k.mu.Lock()
	k.inUse = k.newest
	k.mu.Unlock()
	return k.Credentials(ctx, bot)
}
