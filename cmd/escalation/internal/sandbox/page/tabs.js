// The tabs of the conversations.
import * as api from './api.js'
import { announce, arrange, attribute, el, find, text } from './dom.js'
import { unread } from './store.js'

export function tabs(store) {
  const list = find('tabs')
  const known = new Map() // by id: the tab
  let made = 0

  const select = id => store.dispatch({ type: 'select', id })

  list.addEventListener('keydown', event => {
    const ids = [...known.keys()]
    const at = ids.indexOf(store.state.selected)
    const to = {
      ArrowRight: (at + 1) % ids.length, ArrowLeft: (at - 1 + ids.length) % ids.length, Home: 0, End: ids.length - 1,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    select(ids[to])
    known.get(ids[to]).focus()
  })

  find('new-conversation').addEventListener('click', async () => {
    try {
      const { conversation } = await api.visitor({ do: 'new' })
      select(conversation)
    } catch (failure) {
      announce(failure.message)
    }
  })

  function tab(id) {
    const button = el('button', {
      type: 'button', role: 'tab', id: `tab-${++made}`, 'aria-controls': 'conversation',
      dataset: { conversation: id, testid: 'tab' }, onclick: () => select(id),
    }, el('span', { class: 'dot' }), el('span', { class: 'tab-name' }, name(id)), el('span', { class: 'tab-state' }), el('span', { class: 'tab-unread' }))
    known.set(id, button)
    return button
  }

  let shown = null
  let width = 0
  store.subscribe(state => {
    for (const id of known.keys()) if (!state.conversations.has(id)) known.delete(id)
    arrange(list, [...state.conversations.keys()].map(id => known.get(id) ?? tab(id)))
    for (const [id, conversation] of state.conversations) {
      const t = known.get(id)
      const n = unread(state, conversation)
      attribute(t, 'aria-selected', id === state.selected)
      attribute(t, 'tabindex', id === state.selected ? 0 : -1)
      t.dataset.state = conversation.earlier ? 'earlier' : conversation.state
      text(t.querySelector('.tab-state'), conversation.earlier ? 'earlier run' : conversation.state)
      text(t.querySelector('.tab-unread'), n ? `${n} new` : '')
    }
    const selected = known.get(state.selected)
    if (!selected) return
    if (shown !== state.selected || width !== selected.offsetWidth) {
      width = selected.offsetWidth
      list.scrollLeft += Math.max(0, selected.offsetLeft + width - list.offsetLeft - list.clientWidth - list.scrollLeft)
      list.scrollLeft = Math.min(list.scrollLeft, selected.offsetLeft - list.offsetLeft)
    }
    if (shown === state.selected) return
    shown = state.selected
    const panel = find('conversation')
    panel.dataset.conversation = state.selected
    attribute(panel, 'aria-labelledby', selected.id)
    const url = new URL(location.href)
    url.searchParams.set('conversation', state.selected)
    history.replaceState(null, '', url)
  })
}

// name is what a tab shows of an id: the ids of the sandbox are short, those of others may be anything.
function name(id) {
  return id.length > 24 ? id.slice(0, 23) + '…' : id
}
