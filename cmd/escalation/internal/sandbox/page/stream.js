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
  #load = true // everything is to be loaded before the stream is of use
  #since // forget what is older than this version then
  #pause = firstPause
  #timer = 0

  constructor(store) {
    this.#store = store
    addEventListener('online', () => this.#source?.readyState !== EventSource.OPEN && this.#again(0))
  }

  // start loads all there is and listens to what changes, for good.
  async start() {
    try {
      if (this.#load) await this.#loadAll()
      this.#listen()
    } catch {
      this.#lost()
    }
  }

  async #loadAll() {
    const since = this.#since
    const [state, wire] = await Promise.all([api.state(), api.wire(`?limit=${wireAtStart}`)])
    if (since !== this.#since) return // a later reset has asked for another one
    this.#load = false
    this.#since = undefined
    this.#last = Math.max(this.#last, Math.min(state.seq, wire.seq)) // the two were not asked at one instant
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
      // The browser tries again by itself unless the answer was not a stream.
      if (source.readyState === EventSource.CLOSED) this.#lost()
      else this.#store.dispatch({ type: 'connection', is: 'lost' })
    }
    const on = (name, take) => source.addEventListener(name, event => {
      this.#last = Math.max(this.#last, Number(event.lastEventId))
      take(JSON.parse(event.data))
    })
    on('conversation', conversation => this.#store.dispatch({ type: 'conversation', conversation }))
    on('exchange', exchange => this.#store.dispatch({ type: 'exchange', exchange }))
    on('faults', faults => this.#store.dispatch({ type: 'faults', faults }))
    on('reset', ({ seq }) => {
      this.#load = true
      this.#since = this.#last = seq
      this.#loadAll().catch(() => {
        source.close()
        this.#lost()
      })
    })
  }

  #lost() {
    this.#store.dispatch({ type: 'connection', is: 'lost' })
    this.#again(this.#pause)
    this.#pause = Math.min(2 * this.#pause, longestPause)
  }

  #again(pause) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.start(), pause)
  }
}
