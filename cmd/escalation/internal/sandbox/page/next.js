// What a sensible person would do next, on either side. Pure.
import { passedBy } from './differs.js'

// progress says who has spoken in this round since an agent joined.
function progress(conversation) {
  const lines = conversation.lines
  const joined = lines.findLastIndex(l => l.by === 'crm' && l.kind === 'escalationSuccess' && !l.broken)
  const since = lines.slice(joined + 1)
  const agent = since.filter(l => l.by === 'crm' && l.kind === 'message').length
  const last = since.findLast(l => l.by === 'visitor' || l.kind === 'message')
  return { agent, visitorSpokeLast: last?.by === 'visitor' }
}

// visitorNext returns escalate, write or null.
export function visitorNext(conversation) {
  if (!conversation || conversation.earlier) return null
  if (conversation.state === 'connected') {
    const { agent, visitorSpokeLast } = progress(conversation)
    return agent === 1 && !visitorSpokeLast ? 'write' : null
  }
  return ['pending', 'queued'].includes(conversation.state) ? null : 'escalate'
}

// deskNext returns a kind of event, or null while it is the visitor's turn.
export function deskNext(conversation) {
  if (!conversation || conversation.earlier || conversation.desk?.pending) return null // or something is under way
  if (passedBy(conversation)) return null // the CRM would say what is no longer true
  const allowed = kind => conversation.desk?.kinds.find(k => k.kind === kind)?.allowed ?? true
  const first = (...kinds) => kinds.find(allowed) ?? null
  switch (conversation.desk?.accepted ?? conversation.state) {
    case 'pending':
      return first('escalationQueueUpdate', 'escalationSuccess')
    case 'queued':
      return first('escalationSuccess')
    case 'connected': {
      const { agent, visitorSpokeLast } = progress(conversation)
      if (agent === 0 || visitorSpokeLast) return first('message')
      return agent > 1 ? first('agentDisconnect') : null
    }
  }
  return null
}
