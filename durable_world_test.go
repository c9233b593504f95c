package escalation_test

import (
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
)

// memory is a disk of package durabletest: a store that outlives the clients.
type memory struct{ *memstore.Store }

func newMemory() memory { return memory{memstore.New(nil)} }

func (m memory) Open() (store.Store, error) { return m.Store, nil }

func (m memory) Close(store.Store) error { return nil }
