import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { Stream } from '../stream.js'

// A world with a server that answers as it is told, and streams that are moved by hand.
let server, sources, actions, listeners

// Its clock, which stands still but for tick.
let now, timers
let lastTimer = 0
globalThis.setTimeout = (f, ms = 0) => { timers.set(++lastTimer, { at: now + ms, f }); return lastTimer }
globalThis.clearTimeout = timer => { timers.delete(timer) }

function tick(ms) {
  now += ms
  for (const [timer, { at, f }] of [...timers].sort(([, a], [, b]) => a.at - b.at)) {
    if (at <= now && timers.delete(timer)) f()
  }
}

class FakeEventSource extends EventTarget {
  static OPEN = 1
  static CLOSED = 2
  readyState = 0
  constructor(url) {
    super()
    this.url = url
    sources.push(this)
  }
  open() { this.readyState = 1; this.onopen() }
  fail(readyState) { this.readyState = readyState; this.onerror() }
  tell(name, id, data) {
    this.dispatchEvent(Object.assign(new Event(name), { lastEventId: String(id), data: JSON.stringify(data) }))
  }
  close() { this.readyState = 2 }
}

beforeEach(() => {
  now = 0
  timers = new Map()
  sources = []
  actions = []
  listeners = {}
  server = { '/api/state': { seq: 12 }, '/api/wire?limit=200': { seq: 10, exchanges: [] } }
  globalThis.EventSource = FakeEventSource
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  globalThis.addEventListener = (name, f) => { listeners[name] = f }
  globalThis.fetch = async path => {
    if (!server) throw new TypeError('refused')
    return { ok: true, json: async () => server[path] }
  }
})

const store = { dispatch: action => actions.push(action) }
const types = () => actions.map(a => a.is ?? a.type)
const settled = () => new Promise(setImmediate)
const look = visibilityState => {
  document.visibilityState = visibilityState
  document.dispatchEvent(new Event('visibilitychange'))
}
const after = source => source.url.replace('/api/events?after=', '')

test('it begins at the older of the two answers', async () => {
  await new Stream(store).start()
  assert.deepEqual(types(), ['loaded'])
  assert.deepEqual(sources.map(after), ['10'])
  sources[0].open()
  assert.equal(actions.at(-1).is, 'open')
})

test('without a server it tries again, less and less often, and loads before it listens', async () => {
  const all = server
  server = null
  await new Stream(store).start()
  for (const pause of [500, 1000, 2000, 4000, 8000, 8000]) {
    tick(pause - 1)
    await settled()
    const before = actions.length
    tick(1)
    await settled()
    assert.equal(actions.length, before + 1, `after ${pause} ms`)
  }
  listeners.online()
  tick(0)
  await settled()
  assert.deepEqual([...new Set(types())], ['lost'])
  assert.equal(sources.length, 0)
  server = all
  listeners.online()
  tick(0)
  await settled()
  assert.equal(types().at(-1), 'loaded')
  assert.deepEqual(sources.map(after), ['10'])
})

test('a stream that was refused goes on after the last id, without loading anew', async () => {
  await new Stream(store).start()
  sources[0].open()
  sources[0].tell('exchange', 15, { n: 1, seq: 15 })
  sources[0].fail(FakeEventSource.CLOSED)
  tick(500)
  await settled()
  assert.deepEqual(sources.map(after), ['10', '15'])
  assert.deepEqual(types(), ['loaded', 'open', 'exchange', 'lost'])
})

test('while the browser tries again by itself, nothing else does', async () => {
  await new Stream(store).start()
  sources[0].open()
  sources[0].fail(0)
  tick(60_000)
  await settled()
  assert.equal(sources.length, 1)
  assert.deepEqual(types(), ['loaded', 'open', 'lost'])
})

test('a reset loads anew, says since when, and the stream goes on', async () => {
  await new Stream(store).start()
  sources[0].open()
  server = { '/api/state': { seq: 1005 }, '/api/wire?limit=200': { seq: 1004, exchanges: [] } }
  sources[0].tell('reset', 1000, { seq: 1000 })
  await settled()
  assert.equal(actions.at(-1).type, 'loaded')
  assert.equal(actions.at(-1).since, 1000)
  assert.equal(sources.length, 1)
})

test('a reset whose answers are lost is not forgotten', async () => {
  const all = server
  await new Stream(store).start()
  sources[0].open()
  server = null
  sources[0].tell('reset', 1000, { seq: 1000 })
  await settled()
  assert.equal(types().at(-1), 'lost')
  server = { ...all, '/api/state': { seq: 1005 } }
  tick(500)
  await settled()
  assert.equal(actions.at(-1).type, 'loaded')
  assert.equal(actions.at(-1).since, 1000)
  assert.deepEqual(sources.map(after), ['10', '1000'])
})

test('a page that nobody sees lets go of its stream, and goes on after the last id when it is seen', async () => {
  await new Stream(store).start()
  sources[0].open()
  sources[0].tell('exchange', 15, { n: 1, seq: 15 })
  look('hidden')
  assert.equal(sources[0].readyState, FakeEventSource.CLOSED)
  listeners.online()
  tick(60_000)
  await settled()
  assert.equal(sources.length, 1)
  look('visible')
  tick(0)
  await settled()
  sources[1].open()
  assert.deepEqual(sources.map(after), ['10', '15'])
  assert.deepEqual(types(), ['loaded', 'open', 'exchange', 'paused', 'connecting', 'open'])
})

test('a page that is opened where nobody sees it loads, and listens when it is seen', async () => {
  document.visibilityState = 'hidden'
  await new Stream(store).start()
  assert.deepEqual(types(), ['loaded', 'paused'])
  assert.equal(sources.length, 0)
  look('visible')
  tick(0)
  await settled()
  assert.deepEqual(sources.map(after), ['10'])
})

test('a page that is hidden while it loads begins no stream', async () => {
  const started = new Stream(store).start()
  look('hidden')
  await started
  assert.deepEqual(types(), ['paused', 'loaded', 'paused'])
  assert.equal(sources.length, 0)
})

test('without a server a page that nobody sees does not try', async () => {
  const all = server
  server = null
  await new Stream(store).start()
  look('hidden')
  server = all
  tick(60_000)
  await settled()
  assert.deepEqual(types(), ['lost', 'paused'])
  look('visible')
  tick(0)
  await settled()
  assert.deepEqual(types(), ['lost', 'paused', 'connecting', 'loaded'])
  assert.deepEqual(sources.map(after), ['10'])
})

test('a reset whose answers come when nobody looks any more, or not at all, is not forgotten', async () => {
  await new Stream(store).start()
  sources[0].open()
  const all = server
  server = null
  sources[0].tell('reset', 1000, { seq: 1000 })
  look('hidden')
  await settled()
  assert.equal(types().at(-1), 'paused')
  server = { ...all, '/api/state': { seq: 1005 } }
  look('visible')
  tick(0)
  await settled()
  assert.equal(actions.at(-1).type, 'loaded')
  assert.equal(actions.at(-1).since, 1000)
  assert.deepEqual(sources.map(after), ['10', '1000'])
})
