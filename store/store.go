package store

import (
	"context"
	"errors"
	"math"
	"time"
)

// Store keeps conversations. Its clauses hold for every method unless they name one.
//
//	[S1] Safe for concurrent use. Conversations do not wait for one another longer than a commit takes.
//	[S2] Arguments belong to the caller and results to whoever called: a store keeps no reference to the
//	     slices of a [Change] after Commit returned, never writes to them, and hands out none that it, or
//	     another call, goes on using.
//	[S3] If ctx is over before the call nothing happens and errors.Is(err, ctx.Err()). A Commit, Claim or Release that
//	     has begun to write is carried to its end: ctx can only end the waiting before it.
//	[S4] Errors hold no body, no conversation id and no caller key.
//	[S5] A call that leaves in doubt what is stored fails with ErrFailed, and so does every later one until the store
//	     was opened anew. After the store was closed every call fails with ErrClosed.
type Store interface {
	// Load returns what is known of a conversation: everything that the Commits that returned before put there. [S6]
	// Instants come back in UTC, cut down to the microsecond; the zero time stays zero. A conversation that was never committed is the zero
	// Conversation. [S7]
	Load(ctx context.Context, key Key, q Query) (Snapshot, error)

	// Commit stores a change as a whole or not at all. When it returns nil the change survives whatever the store
	// says that it survives. [S8]
	// It returns ErrConflict, having stored nothing, unless the stored revision is that of c.Conversation; a
	// successful Commit raises it by one. [S9]
	// The body of an event is dropped when the event is resolved as Acknowledged, the body of a message when it
	// is taken; all else is kept. [S10]
	Commit(ctx context.Context, c Change) error

	// Claim hands out up to limit conversations that are due, the longest due first, and makes each due again after
	// lease, unless a Commit or a Release says otherwise before: no two calls get the same one within that time. [S11]
	// It also returns how long it takes until the next conversation that it did not hand out is due, leases given by
	// earlier calls included: 0 if one is due now, Never if none will be. [S12]
	Claim(ctx context.Context, limit int, lease time.Duration) (keys []Key, next time.Duration, err error)

	// Release makes up to limit conversations of a bot, or of every bot if all is set, due now that are held: that
	// were committed with Due.Held or claimed, and not committed since. It returns how many; what is due already is
	// neither changed nor counted. Which ones, where there are more than limit, is the store's affair. [S13]
	Release(ctx context.Context, bot string, all bool, limit int) (int, error)

	// History returns up to limit entries of a conversation with numbers above after, in the order of their
	// numbers; Parked up to limit keys above after of the conversations that are parked, in the order of bot
	// and conversation, bytewise. [S14]
	History(ctx context.Context, key Key, after uint64, limit int) ([]Entry, error)
	Parked(ctx context.Context, after Key, limit int) ([]Key, error)
}

// Never is the time until something that will not happen by itself.
const Never = time.Duration(math.MaxInt64)

// NoLimit is a limit that no call reaches.
const NoLimit = math.MaxInt32

var (
	// ErrConflict: the conversation was changed since it was loaded. Load it again.
	ErrConflict = errors.New("store: the conversation was changed meanwhile")
	// ErrFailed: after an error it is in doubt what is stored. Open the store anew; nothing committed is lost.
	ErrFailed = errors.New("store: closed after an error")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
)

// Tx is what a store that lives in a database offers within a transaction of its caller, so that an event and a row
// of the caller's own are kept together or not at all. Load and Commit keep their clauses, with three differences: nothing is
// seen outside before the caller commits, S8 holds from then on, and after any error but ErrConflict the caller must
// roll back. How to get one is for each store to say. [S15]
type Tx interface {
	Load(ctx context.Context, key Key, q Query) (Snapshot, error)
	Commit(ctx context.Context, c Change) error
}
