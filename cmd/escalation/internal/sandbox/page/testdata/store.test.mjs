// node --test cmd/escalation/internal/sandbox/page/testdata/
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current, initial, mostConversations, mostExchanges, reduce, unread, visibleExchanges } from '../store.js'

const line = (seq, by = 'crm') => ({ seq, by, kind: 'message', text: `line ${seq}` })
const conversation = (id, seq, ...lines) => ({ id, seq, state: 'connected', lines })
const exchange = (n, more = {}) => ({ n, seq: 100 + n, conversation: 'a', outcome: 'answered', status: 200, findings: [], ...more })
const told = (...conversations) => ({ seq: 10, bot: 'b', conversations, faults: { seq: 1, presets: [] } })
const load = (state, wire, more = {}) => ({ type: 'loaded', state, wire: { exchanges: wire }, asked: 200, ...more })
const run = (...actions) => actions.reduce(reduce, initial())

test('the newest conversation is shown at the start, and what was there is no news', () => {
  const s = run(load(told(conversation('a', 1, line(1)), conversation('b', 2, line(1))), []))
  assert.equal(s.selected, 'b')
  assert.equal(current(s).id, 'b')
  assert.equal(unread(s, s.conversations.get('a')), 0)
  assert.equal(s.facts.bot, 'b')
})

test('a conversation that was asked for is shown', () => {
  const s = run({ type: 'select', id: 'a' }, load(told(conversation('a', 1), conversation('b', 2)), []))
  assert.equal(s.selected, 'a')
})

test('the larger version is kept, whatever comes first', () => {
  const older = { type: 'conversation', conversation: conversation('a', 5, line(1)) }
  const newer = { type: 'conversation', conversation: conversation('a', 6, line(1), line(2)) }
  for (const order of [[older, newer], [newer, older], [newer, newer, older]]) {
    assert.equal(run(...order).conversations.get('a').lines.length, 2)
  }
})

test('what is told twice changes nothing', () => {
  const s = run(load(told(conversation('a', 1)), [exchange(1)]))
  for (const again of [{ type: 'exchange', exchange: exchange(1) }, { type: 'faults', faults: { seq: 1, presets: [] } }]) {
    assert.equal(reduce(s, again), s)
  }
})

test('an exchange changes in its place', () => {
  const s = run(load(told(conversation('a', 1)), [exchange(1, { outcome: 'held' }), exchange(2)]),
    { type: 'exchange', exchange: exchange(1, { seq: 200 }) })
  assert.deepEqual([...s.exchanges.values()].map(x => [x.n, x.outcome]), [[1, 'answered'], [2, 'answered']])
})

test('exchanges are in order, however they come', () => {
  const s = run(load(told(conversation('a', 1)), [exchange(5)]), { type: 'exchange', exchange: exchange(7) },
    { type: 'exchange', exchange: exchange(6) }, { type: 'older', exchanges: [exchange(3, { seq: 0 }), exchange(4, { seq: 0 })], asked: 100 })
  assert.deepEqual([...s.exchanges.keys()], [3, 4, 5, 6, 7])
  assert.equal(s.olderExchanges, false)
})

test('a page that is left open keeps a bounded number of exchanges', () => {
  let s = run(load(told(conversation('a', 1)), []))
  assert.equal(s.olderExchanges, false)
  for (let n = 1; n <= mostExchanges + 50; n++) s = reduce(s, { type: 'exchange', exchange: exchange(n) })
  assert.equal(s.exchanges.size, mostExchanges)
  assert.equal(s.exchanges.keys().next().value, 51)
  assert.equal(s.olderExchanges, true)
})

test('a page that is left open keeps a bounded number of conversations', () => {
  let s = run(load(told(conversation('shown', 1), { ...conversation('live', 2), live: true }), []), { type: 'select', id: 'shown' })
  for (let n = 1; n <= mostConversations + 50; n++) {
    s = reduce(s, { type: 'conversation', conversation: conversation(`c${n}`, 100 + n, line(1)) })
    s = reduce(s, { type: 'select', id: `c${n}` })
    s = reduce(s, { type: 'select', id: 'shown' })
  }
  assert.deepEqual([...s.conversations.keys()].slice(0, 3), ['shown', 'live', 'c53'])
  assert.equal(s.conversations.size, mostConversations)
  assert.equal(s.seen.size <= mostConversations, true)
})

test('a conversation that is not over goes last', () => {
  let s = run(load(told({ ...conversation('shown', 1), live: true }), []))
  for (let n = 1; n <= mostConversations; n++) {
    s = reduce(s, { type: 'conversation', conversation: { ...conversation(`c${n}`, 100 + n), live: n !== 7 } })
  }
  assert.equal(s.conversations.has('c7'), false)
  s = reduce(s, { type: 'conversation', conversation: { ...conversation('another', 900), live: false } })
  assert.equal(s.conversations.has('c1'), false)
  assert.equal(s.conversations.has('another'), true)
})

test('lines of a conversation that is not shown are counted until it is', () => {
  const three = conversation('a', 3, line(1), line(2), line(3, 'visitor'))
  let s = run(load(told(conversation('a', 1, line(1)), conversation('b', 2)), []), { type: 'conversation', conversation: three })
  assert.equal(unread(s, three), 1)
  s = reduce(s, { type: 'select', id: 'a' })
  assert.equal(unread(s, three), 0)
  assert.equal(unread(reduce(s, { type: 'select', id: 'b' }), three), 0)
})

test('after a restart of the server nothing of the one before is shown', () => {
  const before = run(load(told(conversation('a', 50, line(1))), [exchange(9)]))
  const s = reduce(before, load(told(conversation('z', 1001)), [exchange(1, { seq: 1002 })], { since: 1000 }))
  assert.deepEqual([...s.conversations.keys()], ['z'])
  assert.deepEqual([...s.exchanges.keys()], [1])
  assert.equal(s.selected, 'z')
})

test('after a restart on the same database nobody is left in what is over', () => {
  const before = run(load(told(conversation('a', 50, line(1))), [exchange(9)]))
  const earlier = { ...conversation('a', 1001), earlier: true }
  const s = reduce(before, load(told(earlier, conversation('z', 1002)), [exchange(1, { seq: 0 })], { since: 1000 }))
  assert.equal(s.selected, 'z')
  const looking = reduce(s, { type: 'select', id: 'a' })
  const again = reduce(looking, load(told({ ...earlier, seq: 2001 }, conversation('y', 2002)), [], { since: 2000 }))
  assert.equal(again.selected, 'a')
  assert.equal(run({ type: 'select', id: 'a' }, load(told(earlier, conversation('z', 1002)), [])).selected, 'a')
})

test('what the stream tells between a reset and the answer stays', () => {
  const s = run(load(told(conversation('a', 50)), []),
    { type: 'conversation', conversation: conversation('z', 1005, line(1)) }, { type: 'exchange', exchange: exchange(2, { seq: 1006 }) },
    load(told(conversation('z', 1001)), [exchange(1, { seq: 1002 })], { since: 1000 }))
  assert.equal(s.conversations.get('z').lines.length, 1)
  assert.deepEqual([...s.conversations.keys()], ['z'])
  assert.deepEqual([...s.exchanges.keys()], [1, 2])
})

test('older exchanges that were asked for do not go when a new one comes', () => {
  const wire = from => Array.from({ length: 200 }, (_, i) => exchange(from + i))
  let s = run(load(told(conversation('a', 1)), wire(801)))
  for (const from of [601, 401, 201]) s = reduce(s, { type: 'older', exchanges: wire(from), asked: 200 })
  s = reduce(s, { type: 'exchange', exchange: exchange(1001) })
  assert.equal(s.exchanges.keys().next().value, 201)
})

test('the wire log shows what was asked for, the newest first', () => {
  const wire = [
    exchange(1), exchange(2, { conversation: 'b' }), exchange(3, { status: 503 }), exchange(4, { conversation: 'b', outcome: 'cut', status: 0 }),
    exchange(5, { findings: [{ rule: 'sequence' }] }), exchange(6, { findings: [{ rule: 'duplicate', note: true }] }),
    exchange(7, { conversation: '', status: 404 }),
  ]
  const s = run({ type: 'select', id: 'a' }, load(told(conversation('a', 1), conversation('b', 2)), wire))
  const shown = scope => visibleExchanges(reduce(s, { type: 'scope', scope })).map(x => x.n)
  assert.deepEqual(shown('conversation'), [7, 6, 5, 3, 1])
  assert.deepEqual(shown('all'), [7, 6, 5, 4, 3, 2, 1])
  assert.deepEqual(shown('trouble'), [7, 5, 4, 3])
})

test('what comes of the script is the newest that was told', () => {
  const script = (seq, status) => ({ seq, name: 'play', status, reasons: [] })
  let s = run(load({ ...told(conversation('a', 1)), script: script(3, 'waiting') }, []))
  assert.equal(s.script.status, 'waiting')
  s = reduce(s, { type: 'script', script: script(9, 'failed') })
  s = reduce(s, { type: 'script', script: script(5, 'playing') })
  assert.equal(s.script.status, 'failed')
  s = reduce(s, load({ ...told(conversation('a', 1)), script: script(5, 'playing') }, []))
  assert.equal(s.script.status, 'failed')
  s = reduce(s, load({ ...told(conversation('a', 20)), script: null }, [], { since: 10 }))
  assert.equal(s.script, null, 'another sandbox has none')
  assert.equal('script' in s.facts, false)
})
