// The visitor's chat widget.
import * as api from './api.js'
import { atEnd, attribute, calm, el, find, notice, text } from './dom.js'
import { visitorNext } from './next.js'
import { current } from './store.js'

const suggestions = {
  none: ['Where is my parcel?', 'I want to talk to a human.'],
  pending: ['Is somebody there?'],
  queued: ['Is somebody there?'],
  connected: ['My parcel has not arrived.', 'Its number is 4711.', 'Thank you, that helps!'],
  ended: ['Where is my parcel?'],
  failed: ['Where is my parcel?'],
}

const placeholders = { pending: 'Write while you wait', queued: 'Write while you wait', connected: 'Write to the agent' }

const silence = {
  earlier: 'This conversation is of an earlier run. The widget has begun anew and forgotten it: what was said is in the wire log. Go on in a new conversation.',
  none: 'Nobody has said anything yet.',
  pending: 'The bot has handed over. Nobody has answered yet.',
}

const speakers = { crm: 'Agent', visitor: 'You', bot: 'Bot' }

export function chat(store) {
  const log = find('chat')
  const list = log.querySelector('ol')
  const left = find('chat-left')
  const input = find('write-text')
  let shown = null // id of the conversation in the list

  // The end stays in sight, also where the room for it becomes less, until somebody scrolls back.
  let follows = true
  let top = 0
  let height = 0
  const toEnd = behavior => log.scrollTo({ top: log.scrollHeight, behavior })
  log.addEventListener('scroll', () => {
    if (atEnd(log)) follows = true
    else if (log.scrollTop < top && log.scrollHeight === height) follows = false // and nothing was taken away at the beginning
    top = log.scrollTop
    height = log.scrollHeight
  })
  new ResizeObserver(() => follows && toEnd('instant')).observe(log)

  // act sends what the visitor does, one after the other, so that it comes in the order in which it was done.
  let before = Promise.resolve()
  const act = what => before = before.then(send.bind(null, store.state.selected, what))

  async function send(id, what) {
    try {
      await api.visitor({ conversation: id, ...what })
      notice(find('visitor-notice'), '')
      return true
    } catch (failure) {
      notice(find('visitor-notice'), failure.message, 'bad')
      return false
    }
  }

  find('write').addEventListener('submit', async event => {
    event.preventDefault()
    const words = input.value.trim()
    if (!words) return input.focus()
    input.value = ''
    if (!await act({ do: 'write', text: words })) input.value ||= words
  })

  // press acts unless the button is greyed; then it says why.
  function press(button, why, what) {
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') === 'true') notice(find('visitor-notice'), why)
      else act(what)
    })
  }
  press(find('escalate'), 'The conversation has been handed over already.', { do: 'escalate', to: 'support' })
  press(find('leave'), 'There is nothing to leave: no escalation is open.', { do: 'leave' })

  // hush keeps the history of a conversation from being read out when it is shown.
  function hush() {
    log.setAttribute('aria-live', 'off')
    setTimeout(() => log.setAttribute('aria-live', 'polite'), 300)
  }

  function lines(conversation) {
    const other = shown !== conversation.id
    if (other) {
      shown = conversation.id
      list.replaceChildren()
      if (conversation.lines.length) hush()
    }
    follows ||= other
    // Another sandbox may count the lines of a conversation of the same name anew, so the number alone does not do.
    const known = new Map([...list.children].map(li => [`${li.dataset.seq} ${li.dataset.at}`, li]))
    const wanted = new Set(conversation.lines.map(l => `${l.seq} ${l.at}`))
    for (const [key, li] of known) if (!wanted.has(key)) li.remove()
    const fresh = conversation.lines.filter(l => !known.has(`${l.seq} ${l.at}`))
    if (fresh.length) list.append(...fresh.map(line))
    const leaves = left.hidden && conversation.endedBy === 'visitor'
    left.hidden = conversation.endedBy !== 'visitor'
    if (follows && (fresh.length || leaves)) toEnd(other || calm() ? 'instant' : 'smooth')
  }

  function offers(conversation, next) {
    const said = conversation.lines.filter(l => l.by === 'visitor').map(l => l.text)
    const open = (suggestions[conversation.state] ?? []).filter(s => !said.includes(s)).slice(0, 2)
    const group = find('suggestions')
    const now = [...group.children].map(b => b.textContent)
    if (now.join('\n') !== open.join('\n')) {
      const focused = group.contains(document.activeElement)
      group.replaceChildren(...open.map(words => el('button', {
        type: 'button', class: 'chip', onclick: () => act({ do: 'write', text: words }),
      }, words)))
      if (focused) (group.firstElementChild ?? input).focus()
    }
    group.hidden = open.length === 0
    const first = group.firstElementChild
    if (first) attribute(first, 'data-next', next === 'write' ? '' : null)
    attribute(find('write-send'), 'data-next', next === 'write' && !first ? '' : null)
  }

  let answered = '' // what the notice is about
  store.subscribe(state => {
    const conversation = current(state)
    if (answered !== (answered = `${state.selected} ${state.connection === 'lost'}`)) notice(find('visitor-notice'), '')
    find('conversation').dataset.state = conversation?.state ?? ''
    if (!conversation) return
    const next = visitorNext(conversation)
    find('visitor-controls').hidden = Boolean(conversation.earlier)
    lines(conversation)
    offers(conversation, next)
    find('chat-empty').hidden = conversation.lines.length > 0
    text(find('chat-empty'), conversation.earlier ? silence.earlier : silence[conversation.state] ?? silence.none)
    attribute(find('escalate'), 'aria-disabled', conversation.live ? 'true' : null)
    attribute(find('escalate'), 'data-next', next === 'escalate' ? '' : null)
    attribute(find('leave'), 'aria-disabled', conversation.live ? null : 'true')
    input.placeholder = placeholders[conversation.state] ?? 'Write to the bot'
  })
}

function line(l) {
  const message = l.by !== 'crm' || l.kind === 'message'
  const said = words(l)
  const li = el('li', {
    class: message ? 'line bubble' : 'line event',
    dataset: { seq: l.seq, at: l.at, by: l.by, kind: l.kind },
  })
  if (l.broken) li.dataset.broken = l.broken
  li.append(
    message && said.length === 1 ? el('span', { class: 'line-by' }, speakers[l.by] ?? l.by) : '',
    el('p', { class: 'line-text', dir: message && 'auto' }, ...said),
    l.cut ? el('p', { class: 'line-cut' }, 'Cut here by this page. The wire log has all that the CRM sent and was sent.') : '',
  )
  if (l.broken) li.append(el('p', { class: 'line-why' }, el('code', {}, l.broken), ` ${l.why}`))
  return li
}

// words sets the name of an agent off from what is said, which may be written from the other side.
function words(l) {
  const name = l.by === 'crm' && l.kind === 'message' ? /^([^:\n]{1,60}): /.exec(l.text) : null
  return name ? [el('bdi', {}, el('b', {}, name[1])), l.text.slice(name[1].length)] : [l.text]
}
