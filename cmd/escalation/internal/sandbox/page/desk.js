// The agent's desk: the five events, each as a form. What the CRM would refuse now is greyed, with its reason.
import * as api from './api.js'
import { curl } from './curl.js'
import { difference, remembered } from './differs.js'
import { announce, attribute, find, notice, text } from './dom.js'
import { deskNext } from './next.js'
import { current } from './store.js'

// What the agent says if nothing is typed.
const phrases = [
  'Hello! How can I help?',
  'Thank you, I can see it: it comes tomorrow.',
  'Is there anything else?',
  'Have a good day!',
]

// What stands in the way of everything, in the words of somebody who looks at this for the first time.
const closed = {
  none: 'The visitor has not asked for a person yet.',
  ended: 'The conversation is over, until the visitor asks for a person again.',
  failed: 'Nobody was free. The visitor may ask again.',
  earlier: 'The conversation is of an earlier run: the visitor is gone.',
}

export function desk(store) {
  const forms = [...find('desk-forms').querySelectorAll('form')]
  const message = find('message-text')
  let round = '' // conversation and round that the fields are for
  let said = 0
  let proposed = null // the next step
  const underWay = new Set() // conversations with an event that the CRM has not answered yet

  // fields returns what a form says, without what was left empty: an empty string is not the same as no field.
  function fields(form) {
    const filled = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()]).filter(([, v]) => v))
    if (form.dataset.kind === 'message') filled.text ??= message.placeholder
    return filled
  }

  async function send(form) {
    const kind = form.dataset.kind
    const button = form.querySelector('button')
    if (button.getAttribute('aria-disabled') === 'true') {
      nudge(form)
      return notice(find('desk-notice'), `${kind} was not sent: ${reasonAgainst(current(store.state), kind)}`)
    }
    // One after the other, as the protocol has it; nor is a CRM that takes its time told twice by an impatient press.
    const id = store.state.selected
    if (underWay.has(id)) return notice(find('desk-notice'), `${kind} was not sent: the CRM has not answered the event before it yet.`)
    const typed = message.value
    underWay.add(id)
    busy()
    try {
      await api.desk({ platformConversationId: id, eventType: kind, ...fields(form) })
      notice(find('desk-notice'), '')
      sent(kind, typed)
    } catch (failure) {
      nudge(form)
      notice(find('desk-notice'), refusal(kind, failure), 'bad')
    } finally {
      underWay.delete(id)
      busy()
    }
  }

  const busy = () => attribute(find('desk-forms'), 'data-busy', underWay.has(store.state.selected) ? '' : null)

  function sent(kind, typed) {
    if (kind === 'message') {
      if (message.value === typed) message.value = '' // else the next words are being typed already
      said++
      suggest()
    }
    if (kind === 'escalationQueueUpdate') for (const id of ['queue-position', 'waiting-time']) shorten(find(id))
  }

  function suggest() { message.placeholder = phrases[said % phrases.length] }

  for (const form of forms) {
    form.addEventListener('submit', event => {
      event.preventDefault()
      send(form)
    })
  }
  message.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    message.form.requestSubmit()
  })

  // For a moment the two differ after every event.
  const longer = 2000
  let differing = ''
  let timer = 0
  function differs(words) {
    if (words === differing) return
    differing = words
    clearTimeout(timer)
    find('desk-differs').hidden = true
    if (!words) return
    timer = setTimeout(() => {
      text(find('desk-differs'), words)
      find('desk-differs').hidden = false
      announce(words)
    }, longer)
  }

  let answered = '' // what the notice is about
  store.subscribe(state => {
    const conversation = current(state)
    if (answered !== (answered = `${state.selected} ${state.connection === 'lost'}`)) notice(find('desk-notice'), '')
    if (!conversation || !state.facts) return
    const absent = !state.facts.desk
    find('desk-absent').hidden = !absent
    find('desk-forms').hidden = absent || Boolean(conversation.earlier)
    const command = absent ? curl(state.facts, conversation) : ''
    find('by-hand').hidden = !command
    text(find('curl'), command)
    const here = `${conversation.id} ${conversation.round}`
    if (here !== round) {
      round = here
      said = 0
      suggest()
      find('queue-position').value = '3'
      find('waiting-time').value = '12'
      if (!find('agent-name').value) find('agent-name').value = 'Ann'
    }
    busy()
    standing(conversation)
    differs(difference(conversation))
    const next = deskNext(conversation)
    const common = conversation.earlier ? remembered(conversation) : reasonAgainstAll(conversation)
    const why = conversation.earlier ? closed.earlier : closed[conversation.desk?.accepted] ?? 'Nothing is possible now.'
    find('desk-closed').hidden = !common
    text(find('desk-closed').firstElementChild, common ? why : '')
    text(find('desk-closed').lastElementChild, common && !conversation.earlier ? `(${common})` : common)
    for (const form of forms) judge(form, conversation, next, common)
    if (proposed !== (proposed = next) && next) inSight(find(`desk-${next}`))
  })
}

// shorten moves a place in the queue, or a wait, on for the next time.
function shorten(input) {
  const n = Number(input.value)
  if (n > 1) input.value = Math.floor(n * 2 / 3)
}

// inSight scrolls the desk, and not the page, so that a form can be seen.
function inSight(form) {
  const frame = find('desk-forms')
  const below = form.offsetTop + form.offsetHeight - frame.offsetTop - frame.clientHeight
  const top = form.offsetTop - frame.offsetTop
  if (frame.scrollTop < below) frame.scrollTop = below
  if (frame.scrollTop > top) frame.scrollTop = top
}

// reasonAgainst returns why the CRM would not take an event now, or an empty text. With a CRM that does not tell,
// everything may be tried.
function reasonAgainst(conversation, kind) {
  const judged = conversation?.desk?.kinds.find(k => k.kind === kind)
  return judged && !judged.allowed ? judged.reason : ''
}

// reasonAgainstAll returns the one reason that stands against every event, or an empty text.
function reasonAgainstAll(conversation) {
  const reasons = new Set(conversation.desk?.kinds.map(k => reasonAgainst(conversation, k.kind)))
  return reasons.size === 1 ? [...reasons][0] : ''
}

// judge shows whether the CRM would take an event now. What holds for all is said once, above them.
function judge(form, conversation, next, common) {
  const kind = form.dataset.kind
  const reason = reasonAgainst(conversation, kind)
  const button = form.querySelector('button')
  form.dataset.allowed = !reason
  attribute(button, 'aria-disabled', reason ? 'true' : null)
  attribute(button, 'aria-describedby', common ? 'desk-closed' : reason ? `reason-${kind}` : null)
  attribute(button, 'data-next', !reason && kind === next ? '' : null)
  text(find(`reason-${kind}`), common ? '' : reason)
}

// standing says where the CRM takes the conversation to be, and what it still has to send.
function standing(conversation) {
  const view = conversation.desk
  const state = find('desk-state')
  state.dataset.state = view?.accepted ?? (conversation.earlier ? 'unknown' : conversation.state)
  text(state, state.dataset.state)
  const pending = find('desk-pending')
  pending.hidden = !view?.pending
  text(pending, view?.pending ? `${view.pending} ${view.parked ? 'waiting' : 'on the way'}` : '')
  const heard = conversation.live ? conversation.lines.findLast(l => l.by === 'visitor') : null
  find('desk-heard').hidden = !heard
  find('desk-where').hidden = Boolean(heard)
  text(find('desk-heard').lastElementChild, heard?.text ?? '')
}

// refusal says what became of something that the CRM did not take.
export function refusal(kind, failure) {
  if (failure.status === 0 || failure.status === 502) return `Whether the CRM took ${kind} is not known: ${failure.message}`
  if (failure.status !== 409) return `${kind} was not sent: ${failure.message}`
  const rules = failure.rules.length ? ` (${failure.rules.join(', ')})` : ''
  const allowed = failure.allowed.length ? ` Allowed now: ${failure.allowed.join(', ')}.` : ''
  return `${kind} was refused${rules}: ${failure.message}.${allowed}`.replace(/([.!?])\.( |$)/, '$1$2')
}

// nudge draws the eye to a form that sent nothing.
function nudge(form) {
  form.classList.remove('nudge')
  void form.offsetWidth // begins the animation anew
  form.classList.add('nudge')
}
