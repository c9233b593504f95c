// The top of the page: the state of the stream, and what the sandbox is made of. And what only a screen reader is told.
import { attribute, find, text } from './dom.js'
import { deskNext, visitorNext } from './next.js'
import { current } from './store.js'

const connections = { connecting: 'Connecting', open: 'Live', paused: 'Paused while nobody looks', lost: 'Connection lost, trying again' }

export function status(store) {
  copies('copy-base-url', 'base-url')
  copies('copy-curl', 'curl')

  let before = null
  store.subscribe(state => {
    find('connection').dataset.state = state.connection
    text(find('connection-text'), connections[state.connection])
    if (state.facts) {
      text(find('base-url'), state.facts.baseURL)
      text(find('bot-id'), state.facts.bot)
      text(find('crm'), state.facts.demo ? 'built-in demo' : state.facts.webhook || 'none: its webhook’s URL was not given')
    }
    find('script-fact').hidden = !state.facts?.script
    text(find('script'), state.facts?.script ?? '')
    const now = current(state)
    if (!now) return
    turn('visitor', visitorNext(now))
    turn('desk', state.facts?.desk && (deskNext(now) || now.desk?.repairs?.length))
    if (before && before.id === now.id && before.state !== now.state) text(find('announcer'), `The conversation is ${now.state}.`)
    before = now
    const where = now.earlier ? 'earlier run' : now.state
    document.title = `${state.connection === 'paused' ? 'paused' : where} · Escalation sandbox`
  })
}

// turn marks the part of the page, in the bar of a narrow screen, where the next step is.
function turn(part, next) {
  attribute(find('jump').querySelector(`[href="#${part}"]`), 'data-turn', next ? '' : null)
}

// copies makes a button that copies the text of an element, or selects it where that is not allowed.
function copies(button, source) {
  find(button).addEventListener('click', async () => {
    let done = 'Copied'
    try {
      await navigator.clipboard.writeText(find(source).textContent)
    } catch {
      getSelection().selectAllChildren(find(source))
      done = 'Selected'
    }
    text(find(button), done)
    text(find('announcer'), done)
    setTimeout(() => text(find(button), 'Copy'), 1500)
  })
}
