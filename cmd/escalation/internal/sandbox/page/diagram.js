// The state diagram: drawn by the server from the transition table, lit here.
import { calm, find, text } from './dom.js'
import { current } from './store.js'

export function diagram(store) {
  const frame = find('diagram')
  const svg = frame.querySelector('svg')
  let lit = '' // what is lit, in words

  for (const line of svg.querySelectorAll('.line')) line.setAttribute('pathLength', 1)
  new ResizeObserver(() => show(svg.querySelector('.is-current'))).observe(frame)
  store.subscribe(light)

  function light(state) {
    const conversation = current(state)
    if (!conversation) return
    const { last, earlier } = conversation
    const now = earlier ? 'earlier' : conversation.state // which no box is for
    const words = earlier ? 'of an earlier run, which the widget has forgotten' : last ? `last step: ${last.from === last.to ? last.from : `${last.from} → ${last.to}`} by ${last.kind}` : 'nothing has happened yet'
    text(find('machine-now'), words)
    const key = [conversation.id, now, last?.from, last?.to, last?.kind, conversation.round].join(' ')
    if (key === lit) return
    const moved = lit.startsWith(conversation.id + ' ') // not only another conversation
    lit = key
    for (const g of svg.querySelectorAll('.is-current, .is-last, .is-fresh')) g.classList.remove('is-current', 'is-last', 'is-fresh')
    const at = svg.querySelector(`g[data-state="${now}"]`)
    at?.classList.add('is-current')
    const by = last && svg.querySelector(`g[data-from="${last.from}"][data-to="${last.to}"][data-kind="${last.kind}"]`)
    if (by) {
      by.classList.add('is-last')
      by.classList.toggle('is-fresh', moved)
      svg.insertBefore(by, svg.querySelector('.state')) // above the other lines
    }
    show(at)
  }

  // show scrolls the frame, not the page, so that a state is in sight.
  function show(state) {
    if (!state || frame.scrollWidth <= frame.clientWidth) return
    const box = state.getBoundingClientRect()
    const outer = frame.getBoundingClientRect()
    frame.scrollBy({ left: box.left + box.width / 2 - outer.left - outer.width / 2, behavior: calm() ? 'instant' : 'smooth' })
  }
}
