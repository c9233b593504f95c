package memstore

import "time"

// instant is a time in microseconds since the year 1, so that it is zero for the zero time.
type instant int64

const unixEpoch = 62_135_596_800_000_000 // as an instant

func instantOf(t time.Time) instant { return instant(t.UnixMicro() + unixEpoch) }

func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i) - unixEpoch).UTC()
}

// cut returns t as a store hands it out.
func cut(t time.Time) time.Time { return instantOf(t).time() }
