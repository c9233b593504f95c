// The next step of an agent as a command to copy, for a CRM whose agents work elsewhere. Pure.

const samples = {
  pending: { eventType: 'escalationQueueUpdate', queuePosition: '3', waitingTime: '12' },
  queued: { eventType: 'escalationSuccess', agent: 'Ann' },
  connected: { eventType: 'message', text: 'Hello! How can I help?' },
}

// curl returns a command for a POSIX shell, or an empty text when nothing may be sent.
export function curl(facts, conversation) {
  const sample = samples[conversation.state]
  if (!sample) return ''
  const body = JSON.stringify({ platformConversationId: conversation.id, ...sample })
  return [
    `curl -i ${quote(facts.baseURL + '/agent/converse/send-message-to-widget')}`,
    `-H "Authorization: $KEY" -H ${quote('botid: ' + facts.bot)} -H 'Content-Type: application/json'`,
    `-d ${quote(body)}`,
  ].join(' \\\n  ')
}

const quote = words => `'${words.replaceAll("'", `'\\''`)}'`
