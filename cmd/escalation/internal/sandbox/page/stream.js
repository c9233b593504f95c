// The stream of server-sent events: begins where the loaded state ends, and goes on after every interruption where it
// was interrupted.
import * as api from './api.js'

const wireAtStart = 200
const firstPause = 500
const longestPause = 8000

export class Stream {
  #store
  #source = null
  #last = 0 // the newest id that was seen
  #pause = firstPause
  #timer = 0

  constructor(store) {
    this.#store = store
    addEventListener('online', () => this.#again(0))
  }

  // start loads all there is and then listens. It tries until it works.
  async start() {
    try {
      await this.#load()
      this.#listen()
    } catch {
      this.#lost()
      this.#again(this.#longer(), () => this.start())
    }
  }

  // load takes over all that is known to the server; with since, it forgets what is older.
  async #load(since) {
    const [state, wire] = await Promise.all([api.state(), api.wire(`?limit=${wireAtStart}`)])
    this.#last = Math.max(this.#last, state.seq)
    this.#store.dispatch({ type: 'loaded', state, wire, since, asked: wireAtStart })
  }

  #listen() {
    this.#source?.close()
    const source = this.#source = new EventSource(`/api/events?after=${this.#last}`)
    source.onopen = () => {
      this.#pause = firstPause
      this.#store.dispatch({ type: 'connection', is: 'open' })
    }
    source.onerror = () => {
      this.#lost()
      // The browser tries again by itself unless the answer was not a stream.
      if (source.readyState === EventSource.CLOSED) this.#again(this.#longer())
    }
    const on = (name, take) => source.addEventListener(name, event => {
      const id = Number(event.lastEventId)
      if (id > this.#last) this.#last = id
      take(JSON.parse(event.data))
    })
    on('conversation', conversation => this.#store.dispatch({ type: 'conversation', conversation }))
    on('exchange', exchange => this.#store.dispatch({ type: 'exchange', exchange }))
    on('faults', faults => this.#store.dispatch({ type: 'faults', faults }))
    on('reset', ({ seq }) => this.#load(seq).catch(() => {
      source.close()
      this.#lost()
      this.#again(this.#longer(), () => this.start())
    }))
  }

  #lost() { this.#store.dispatch({ type: 'connection', is: 'lost' }) }

  #longer() {
    const now = this.#pause
    this.#pause = Math.min(2 * now, longestPause)
    return now
  }

  #again(pause, go = () => this.#source?.readyState !== EventSource.OPEN && this.#listen()) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(go, pause)
  }
}
