// What the page knows, and how that changes. Pure but for Store, so that it can be tested without a page.
//
// Everything the server tells carries a version, seq. Whatever has the larger one is kept, so it does not matter in
// which order answers and the stream come in, nor whether something is told twice.

// How much is kept of the wire unless somebody asked for more. The server has the rest.
export const mostExchanges = 400

// As many conversations as the server keeps.
export const mostConversations = 200

export const initial = () => ({
  connection: 'connecting', // open, paused, lost
  facts: null, // of the sandbox: baseURL, bot, crm, demo, desk
  conversations: new Map(), // by id, in order of first appearance
  exchanges: new Map(), // by n, ascending
  olderExchanges: true, // there may be some before the first
  room: mostExchanges, // how many are kept
  faults: null,
  script: null, // that is played: name, status, reasons
  selected: null, // id of the conversation that is shown
  seen: new Map(), // by id: the last line that was on the screen
  scope: 'conversation', // of the wire log: all, trouble
})

const newer = (a, b) => !b || a.seq > b.seq

export function reduce(state, action) {
  switch (action.type) {
    case 'connection':
      return { ...state, connection: action.is }
    case 'loaded':
      return loaded(state, action)
    case 'conversation':
      return withConversations(state, [action.conversation])
    case 'exchange':
      return withExchanges(state, [action.exchange])
    case 'older': // what is asked for stays, so that it does not go while it is read
      return {
        ...withExchanges({ ...state, room: state.room + action.exchanges.length }, action.exchanges),
        olderExchanges: action.exchanges.length === action.asked,
      }
    case 'faults':
      return newer(action.faults, state.faults) ? { ...state, faults: action.faults } : state
    case 'script':
      return newer(action.script, state.script) ? { ...state, script: action.script } : state
    case 'select':
      return seen({ ...state, selected: action.id })
    case 'scope':
      return { ...state, scope: action.scope }
  }
  throw new Error('unknown action ' + action.type)
}

// loaded takes /api/state and /api/wire. With since, what is older than that version is forgotten: the stream could not
// tell what happened in between, or the server is another one. What the stream told meanwhile is newer, and stays.
function loaded(state, { state: told, wire, since, asked }) {
  let next = state
  if (since !== undefined) {
    const later = things => new Map([...things].filter(([, thing]) => thing.seq > since))
    const script = state.script?.seq > since ? state.script : null
    next = { ...state, conversations: later(state.conversations), exchanges: later(state.exchanges), room: mostExchanges, script }
  }
  const { conversations, faults, script, seq, ...facts } = told
  next = { ...next, facts, olderExchanges: wire.exchanges.length === asked }
  if (newer(faults, next.faults)) next.faults = faults
  if (script && newer(script, next.script)) next.script = script
  next = withExchanges(withConversations(next, conversations), wire.exchanges)
  if (state.facts === null) { // what was there before the page is no news
    next.seen = new Map(conversations.map(c => [c.id, c.lines.at(-1)?.seq ?? 0]))
  }
  // A conversation that the sandbox has forgotten by a restart is not what somebody wants to look at who was in the middle of it.
  const over = current(next)?.earlier && current(state) && !current(state).earlier
  if (!current(next) || over) next.selected = [...next.conversations.keys()].at(-1) ?? null
  return seen(next)
}

function withConversations(state, told) {
  const conversations = new Map(state.conversations)
  for (const c of told) if (newer(c, conversations.get(c.id))) conversations.set(c.id, c)
  while (conversations.size > mostConversations) conversations.delete(superfluous(conversations, state.selected))
  return seen({ ...state, conversations })
}

// superfluous returns the id of the oldest conversation that is over, else of the oldest; never that of the one that is
// shown or of the newest.
function superfluous(conversations, selected) {
  const others = [...conversations.values()].slice(0, -1).filter(c => c.id !== selected)
  return (others.find(c => !c.live) ?? others[0]).id
}

function withExchanges(state, told) {
  const fresh = told.filter(x => newer(x, state.exchanges.get(x.n)))
  if (!fresh.length) return state
  const all = new Map(state.exchanges)
  const last = Math.max(0, ...all.keys())
  for (const x of fresh) all.set(x.n, x)
  const inOrder = fresh.every(x => x.n > last || state.exchanges.has(x.n))
  const exchanges = inOrder ? all : new Map([...all].sort((a, b) => a[0] - b[0]))
  const tooMany = exchanges.size - state.room
  for (const n of [...exchanges.keys()].slice(0, Math.max(0, tooMany))) exchanges.delete(n)
  return { ...state, exchanges, olderExchanges: state.olderExchanges || tooMany > 0 }
}

// seen notes that all lines of the shown conversation are on the screen.
function seen(state) {
  const shown = state.conversations.get(state.selected)
  const last = shown?.lines.at(-1)?.seq ?? 0
  if (!shown || state.seen.get(shown.id) === last) return state
  const known = [...state.seen].filter(([id]) => state.conversations.has(id))
  return { ...state, seen: new Map(known).set(shown.id, last) }
}

export const current = state => state.conversations.get(state.selected) ?? null

// unread counts the lines that came while another conversation was shown.
export function unread(state, conversation) {
  const last = state.seen.get(conversation.id) ?? 0
  return conversation.lines.filter(l => l.seq > last && l.by !== 'visitor').length
}

export const faultsOf = exchange => (exchange.findings ?? []).filter(f => !f.note)

export const troubled = x => faultsOf(x).length > 0 || x.outcome !== 'answered' || x.status >= 400

// visibleExchanges returns what the wire log shows, the newest first.
export function visibleExchanges(state) {
  const all = [...state.exchanges.values()].reverse()
  switch (state.scope) {
    case 'conversation':
      return all.filter(x => !x.conversation || x.conversation === state.selected) // what names none is everybody's
    case 'trouble':
      return all.filter(troubled)
  }
  return all
}

// Store holds a state and tells listeners about a new one, at most once for each picture the screen shows.
export class Store {
  #state = initial()
  #listeners = []
  #due = false

  get state() { return this.#state }

  dispatch(action) {
    const next = reduce(this.#state, action)
    if (next === this.#state) return
    this.#state = next
    if (this.#due) return
    this.#due = true
    // A page in the background is given no pictures, but a screen reader may be reading it.
    const timer = setTimeout(() => this.#tell(), 100)
    requestAnimationFrame(() => {
      clearTimeout(timer)
      this.#tell()
    })
  }

  #tell() {
    if (!this.#due) return
    this.#due = false
    for (const listen of this.#listeners) listen(this.#state)
  }

  subscribe(listen) { this.#listeners.push(listen) }
}
