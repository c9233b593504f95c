// Where delivery has stopped, a person decides. Which choices there are and what comes of each, the CRM says.
import * as api from './api.js'
import { refusal } from './desk.js'
import { announce, el, find, notice, text } from './dom.js'
import { current } from './store.js'

// stopped returns what is told of a conversation in which delivery has stopped, or an empty text.
export function stopped({ desk }) {
  if (!desk?.parked) return ''
  return `Delivery has stopped: ${desk.parked}.${desk.repairs?.length ? ' What now?' : ' Its desk offers no choice here: decide in the CRM.'}`
}

// decision returns what is posted for a choice: with one that needs an event, that event with what was typed.
export function decision(id, repair, typed = {}) {
  const event = Object.entries({ ...repair.event, ...typed }).filter(([, value]) => value)
  return { platformConversationId: id, repair: repair.id, ...Object.fromEntries(event) }
}

export function parked(store) {
  const box = find('desk-parked')
  const list = find('repairs')
  let underWay = false

  async function decide(event, id, repair) {
    event.preventDefault()
    if (underWay) return
    underWay = true
    const typed = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, value.trim()]))
    try {
      await api.desk(decision(id, repair, typed))
      notice(find('desk-notice'), `Decided: ${repair.label}.`)
    } catch (failure) {
      notice(find('desk-notice'), refusal(`“${repair.label}”`, failure), 'bad')
    } finally {
      underWay = false
    }
  }

  const choice = (id, repair, n) => el('li', {}, el('form', {
    class: 'repair', dataset: { repair: repair.id }, onsubmit: event => decide(event, id, repair),
  }, repair.event && fields(repair.event), el('button', { type: 'submit', 'aria-describedby': `repair-about-${n}`, 'data-next': n === 0 }, repair.label),
  el('p', { id: `repair-about-${n}` }, repair.about)))

  let shown = '' // conversation and choices
  let said = ''
  store.subscribe(state => {
    const conversation = current(state)
    if (!conversation) return
    const words = stopped(conversation)
    const trouble = words || (conversation.deskError ?? '')
    const choices = words && conversation.desk.repairs || []
    if (shown !== (shown = JSON.stringify([conversation.id, choices]))) {
      if (list.contains(document.activeElement)) find('desk-title').focus() // what had the focus goes
      list.replaceChildren(...choices.map((repair, n) => choice(conversation.id, repair, n)))
    }
    list.hidden = !choices.length
    box.hidden = !trouble
    text(find('desk-trouble'), trouble)
    if (said !== (said = words) && words) announce(words)
  })
}

// fields returns those of the desk's form for an event, with other ids, and filled in.
function fields(event) {
  const copy = find(`desk-${event.eventType}`).querySelector('.fields')?.cloneNode(true)
  for (const part of copy?.querySelectorAll('label, input, textarea') ?? []) {
    if (part.htmlFor) part.htmlFor = `repair-${part.htmlFor}`
    if (part.id) part.id = `repair-${part.id}`
    if (part.name) part.value = event[part.name] ?? ''
    part.removeAttribute('placeholder')
  }
  return copy
}
