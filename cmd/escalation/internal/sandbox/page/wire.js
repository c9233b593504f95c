// The wire log: every request between the platform and the CRM, the newest first.
import * as api from './api.js'
import { arrange, attribute, el, find, notice, text } from './dom.js'
import { body } from './json.js'
import { current, faultsOf, troubled, visibleExchanges } from './store.js'

const pageOfOlder = 100

export function wire(store) {
  const list = find('exchanges')
  const rows = new Map() // by n: the row, and the version it shows

  find('wire-scope').addEventListener('change', event => store.dispatch({ type: 'scope', scope: event.target.value }))
  find('wire-older').addEventListener('click', async () => {
    const first = store.state.exchanges.keys().next().value
    try {
      const { exchanges } = await api.wire(`?before=${first}&limit=${pageOfOlder}`)
      const before = visibleExchanges(store.state).length
      store.dispatch({ type: 'older', exchanges, asked: pageOfOlder })
      const others = exchanges.length > 0 && visibleExchanges(store.state).length === before
      notice(find('wire-notice'), others ? `The ${exchanges.length} before exchange ${first} are not among those chosen above.` : '')
    } catch (failure) {
      notice(find('wire-notice'), failure.message, 'bad')
    }
  })

  function row(exchange) {
    const known = rows.get(exchange.n)
    if (known?.exchange === exchange) return known.li
    const li = known?.li ?? build()
    rows.set(exchange.n, { li, exchange })
    fill(li, exchange)
    return li
  }

  function build() {
    const li = find('exchange-template').content.firstElementChild.cloneNode(true)
    const details = li.querySelector('details')
    details.addEventListener('toggle', () => details.open && more(li, rows.get(Number(li.dataset.n)).exchange))
    return li
  }

  let shown = null
  store.subscribe(state => {
    if (shown?.exchanges === state.exchanges && shown.selected === state.selected && shown.scope === state.scope) return
    shown = state
    const visible = visibleExchanges(state)
    for (const n of rows.keys()) if (!state.exchanges.has(n)) rows.delete(n)
    arrange(list, visible.map(row))
    find('wire-empty').hidden = visible.length > 0
    text(find('wire-empty'), emptiness(state))
    const older = find('wire-older')
    const done = !state.olderExchanges || state.exchanges.size === 0
    if (done && older === document.activeElement) list.querySelector('li:last-child summary')?.focus() // it goes with the button else
    older.hidden = done
  })
}

// emptiness says what it means that no row is shown.
export function emptiness(state) {
  if (state.scope === 'trouble') return 'Nothing has gone wrong so far.'
  if (state.exchanges.size === 0) return 'Nothing has been sent yet.'
  if (current(state)?.earlier && state.olderExchanges) return 'What was sent in this conversation is further back: show older ones.'
  const earlier = state.facts?.earlier
  return 'Nothing has been sent in this conversation yet. There are requests of others: choose “All conversations”.' +
    (earlier ? ` ${earlier} are of earlier runs.` : '')
}

function fill(li, x) {
  attribute(li, 'data-n', x.n)
  attribute(li, 'data-direction', x.direction)
  attribute(li, 'data-conversation', x.conversation)
  attribute(li, 'data-kind', x.kind)
  attribute(li, 'data-outcome', x.outcome)
  attribute(li, 'data-status', x.status || '')
  attribute(li, 'data-attempt', x.attempt)
  attribute(li, 'data-trouble', troubled(x) ? '' : null)
  const at = new Date(x.at)
  const time = li.querySelector('.ex-time')
  attribute(time, 'datetime', x.at)
  text(time, clock(at, new Date()))
  text(li.querySelector('.ex-way'), x.direction === 'to-crm' ? 'to the CRM: ' : 'to the widget: ')
  text(li.querySelector('.ex-n'), `#${x.n}`)
  text(li.querySelector('.ex-kind'), x.kind || `${x.method} ?`)
  const tags = [
    x.of && x.of !== x.n ? ['tag', `copy of #${x.of}`] : null,
    x.attempt > 1 ? ['tag', `attempt ${x.attempt}`] : null,
    ...[...new Set(faultsOf(x).map(f => f.rule))].map(rule => ['tag bad', rule]),
  ].filter(Boolean)
  const holder = li.querySelector('.ex-tags')
  if (holder.textContent !== tags.map(t => t[1]).join('')) {
    holder.replaceChildren(...tags.map(([style, words]) => el('span', { class: style }, words)))
  }
  text(li.querySelector('.ex-words'), firstWords(x))
  const result = li.querySelector('.ex-result')
  result.dataset.class = x.outcome === 'answered' ? `${Math.floor(x.status / 100)}xx` : x.outcome
  text(result, x.outcome === 'answered' ? String(x.status) : x.outcome)
  text(li.querySelector('.ex-took'), x.outcome === 'held' ? '' : took(x.took))
  if (li.querySelector('details').open) more(li, x)
}

// clock is the time of day, and on another day the date too: the log may be of an earlier run.
export function clock(at, now) {
  const time = at.toLocaleTimeString([], { hourCycle: 'h23' })
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString([], { day: 'numeric', month: 'short' })} ${time}`
}

// took is how long an exchange lasted. What is below a millisecond is the sandbox's own haste, and tells nothing.
export function took(ms) {
  if (ms == null) return ''
  return ms < 1 ? '<1 ms' : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

const mostWords = 80

// firstWords tells one message from another: the beginning of its text, or nothing.
export function firstWords(x) {
  if (!/message$/i.test(x.kind)) return ''
  try {
    const event = JSON.parse(x.body)
    const words = event.text ?? event.data?.text
    return typeof words === 'string' ? words.trim().slice(0, mostWords) : ''
  } catch {
    return '' // it is no JSON, or only its beginning
  }
}

// headers lists those of a request. The one with the key is never recorded: whether it was there is known by what was found.
export function headers(x) {
  const all = Object.entries(x.headers ?? {}).map(([name, values]) => `${name}: ${[values].flat().join(', ')}`)
  const keyed = x.direction === 'to-widget' && !x.findings?.some(f => f.rule === 'auth-key-required')
  return keyed ? ['Authorization: (hidden)', ...all] : all
}

// more fills the part that is seen when a row is open.
function more(li, x) {
  const parts = []
  if (x.detail) parts.push(el('p', { class: 'ex-detail' }, x.detail))
  if (x.findings?.length) {
    parts.push(el('ul', { class: 'ex-findings', 'aria-label': 'Findings' },
      ...x.findings.map(f => el('li', { class: f.note && 'note', dataset: { rule: f.rule } }, el('code', {}, f.rule), ` ${f.detail}`))))
  }
  parts.push(
    el('h3', {}, `Request ${x.n}`),
    el('pre', { class: 'ex-head' }, [`${x.method} ${x.url}`, ...headers(x)].join('\n')),
    el('pre', { class: 'ex-body' }, ...body(x.body), x.bodyCut ? '\n… cut here' : ''),
    el('h3', {}, x.outcome === 'answered' ? `Answer ${x.status}` : `No answer seen: ${x.outcome}`),
    // The platform's own answers are not recorded: nothing is said of them.
    x.answer || x.direction === 'to-crm' ? el('pre', { class: 'ex-answer' }, ...body(x.answer)) : '',
  )
  const answer = el('p', { class: 'notice', role: 'status' })
  if (x.resend) {
    parts.push(el('button', {
      type: 'button', class: 'ex-resend', onclick: () => api.resend(x.n).then(
        () => notice(answer, 'Sent once more.'), failure => notice(answer, failure.message, 'bad')),
    }, 'Send again'), answer)
  }
  const holder = li.querySelector('.ex-more')
  const focused = holder.contains(document.activeElement)
  holder.replaceChildren(...parts)
  if (focused) (holder.querySelector('button') ?? li.querySelector('summary')).focus()
}
