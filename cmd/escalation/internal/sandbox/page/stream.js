// The stream of server-sent events: begins where the loaded state ends, and goes on after every interruption where it
// was interrupted. A page that nobody sees has none: a browser has some six connections to a host for all its pages, and each
// stream keeps one.
import * as api from './api.js'

const wireAtStart = 200
const firstWait = 500
const longestWait = 8000

const hidden = () => document.visibilityState === 'hidden'

export class Stream {
  #store
  #source = null
  #last = 0 // the newest id that was seen
  #load = true // everything is to be loaded before the stream is of use
  #since // forget what is older than this version then
  #wait = firstWait
  #timer = 0

  constructor(store) {
    this.#store = store
    addEventListener('online', () => this.#source?.readyState !== EventSource.OPEN && this.#again(0))
    document.addEventListener('visibilitychange', () => hidden() ? this.#pause() : this.#resume())
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
    if (hidden()) return this.#pause()
    const source = this.#source = new EventSource(`/api/events?after=${this.#last}`)
    source.onopen = () => {
      this.#wait = firstWait
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
    on('script', script => this.#store.dispatch({ type: 'script', script }))
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
    if (hidden()) return this.#pause()
    this.#store.dispatch({ type: 'connection', is: 'lost' })
    this.#again(this.#wait)
    this.#wait = Math.min(2 * this.#wait, longestWait)
  }

  #again(wait) {
    clearTimeout(this.#timer)
    if (!hidden()) this.#timer = setTimeout(() => this.start(), wait)
  }

  #pause() {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#store.dispatch({ type: 'connection', is: 'paused' })
  }

  #resume() {
    this.#store.dispatch({ type: 'connection', is: 'connecting' })
    this.#wait = firstWait
    this.#again(0)
  }
}
