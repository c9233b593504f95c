// Whether the CRM knows where the widget is. Pure.

const way = ['none', 'pending', 'queued', 'connected', 'failed', 'ended']
const further = (a, b) => way.indexOf(a) > way.indexOf(b)

// compared returns the CRM's state if it can be held against the widget's: there is one, nothing is under way, and delivery goes on.
function compared({ desk, earlier }) {
  return desk && !earlier && !desk.pending && !desk.parked ? desk.state : undefined
}

// remembered says what is left of a conversation of an earlier run at the desk.
export function remembered({ desk }) {
  if (!desk) return 'Where it stands, only the CRM knows.'
  return `The CRM has it as “${desk.accepted}”${desk.pending ? `, with ${desk.pending} still to be sent` : ''}.`
}

// passedBy reports whether an event has come to the widget that the CRM knows nothing of.
export function passedBy(conversation) {
  const known = compared(conversation)
  const last = conversation.last?.kind
  return Boolean(known && last) && !last.startsWith('widget') && further(conversation.state, known)
}

// difference says in words why the two are not at the same place, or nothing if they are.
export function difference(conversation) {
  const { state, last, desk, round } = conversation
  const known = compared(conversation)
  if (!known || known === state) return ''
  const where = `The widget is at “${state}”, the CRM at “${known}”: `
  if (!last) return `${where}it remembers what was before the sandbox was started.`
  if (passedBy(conversation)) return `${where}${last.kind} was sent by somebody else, or the CRM has forgotten it.`
  if (last.kind === 'widgetEscalate' && desk.round && desk.round === round) return `${where}it has given this round up.`
  if (last.kind.startsWith('widget')) return `${where}it has not learned of ${last.kind}.`
  return `${where}what the CRM takes for told, the widget was not told.`
}
