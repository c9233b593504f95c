package modelcheck

import (
	"bytes"
	"hash/maphash"
)

// states is the set of visited states in the order of their discovery.
type states struct {
	seed    maphash.Seed
	chunks  [][]byte // codes, each behind its length; never moved, so that growing needs no second copy
	starts  []uint64 // place of each in its chunk, the number of the chunk above
	parents []uint32
	table   []uint32 // open addressing; index in starts plus one
}

const chunkBits = 20

func newStates() *states {
	return &states{seed: maphash.MakeSeed(), table: make([]uint32, 1<<16)}
}

func (s *states) len() int { return len(s.starts) }

func (s *states) get(i int) []byte {
	at := s.starts[i]
	code := s.chunks[at>>chunkBits][at&(1<<chunkBits-1):]
	return code[1 : 1+code[0]]
}

// add puts a state in unless it is there. States are compared whole: no two are ever taken for one.
func (s *states) add(code []byte, parent int) {
	if len(s.starts)*2 >= len(s.table) {
		s.grow()
	}
	at := s.place(code)
	if s.table[at] != 0 {
		return
	}
	last := len(s.chunks) - 1
	if last < 0 || len(s.chunks[last])+1+len(code) > 1<<chunkBits {
		s.chunks = append(s.chunks, make([]byte, 0, 1<<chunkBits))
		last++
	}
	chunk := &s.chunks[last]
	s.starts = append(s.starts, uint64(last)<<chunkBits|uint64(len(*chunk)))
	*chunk = append(append(*chunk, byte(len(code))), code...)
	s.parents = append(s.parents, uint32(parent))
	s.table[at] = uint32(len(s.starts))
}

// place returns where a state is or belongs.
func (s *states) place(code []byte) int {
	mask := len(s.table) - 1
	at := int(maphash.Bytes(s.seed, code)) & mask
	for s.table[at] != 0 && !bytes.Equal(s.get(int(s.table[at]-1)), code) {
		at = (at + 1) & mask
	}
	return at
}

func (s *states) grow() {
	s.table = make([]uint32, 2*len(s.table))
	for i := range s.starts {
		s.table[s.place(s.get(i))] = uint32(i + 1)
	}
}
