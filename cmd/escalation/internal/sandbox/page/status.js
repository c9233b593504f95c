// The top of the page: the state of the stream, and what the sandbox is made of. And what only a screen reader is told.
import { announce, attribute, el, find, text } from './dom.js'
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
      text(find('crm'), state.facts.crm)
      verdict(state.script)
    }
    // Before, nothing on the page is about anything.
    for (const part of ['facts', 'main']) find(part).inert = !state.facts
    const now = current(state)
    if (!now) return
    turn('visitor', visitorNext(now))
    turn('desk', state.facts?.desk && (deskNext(now) || now.desk?.repairs?.length))
    if (before && before.id === now.id && before.state !== now.state) announce(`The conversation is ${now.state}.`)
    before = now
    const where = now.earlier ? 'earlier run' : now.state
    document.title = `${state.connection === 'paused' ? 'paused' : where} · Escalation sandbox`
  })
}

// verdict says how the script goes, and why it failed.
function verdict(script) {
  find('script-fact').hidden = !script
  const status = find('script-status')
  if (!script || status.dataset.seq === String(script.seq)) return
  status.dataset.seq = script.seq
  status.dataset.status = script.status
  text(find('script'), script.name)
  text(status, script.status)
  const failed = find('script-failed')
  failed.hidden = script.status !== 'failed'
  text(failed.querySelector('summary'), `The script “${script.name}” failed.`)
  failed.querySelector('ul').replaceChildren(...script.reasons.map(reason => el('li', {}, reason)))
  if (script.status !== 'waiting') announce(`Script ${script.name}: ${script.status}.`)
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
    announce(done)
    setTimeout(() => text(find(button), 'Copy'), 1500)
  })
}
