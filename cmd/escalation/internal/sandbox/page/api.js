// The calls of the HTTP interface. Whatever goes wrong becomes a Failure whose message can be shown.

export class Failure extends Error {
  constructor(message, status = 0, facts = {}) {
    super(message)
    this.status = status
    this.rules = facts.rules ?? []
    this.allowed = facts.allowed ?? []
  }
}

async function call(path, options) {
  let response
  try {
    response = await fetch(path, options)
  } catch {
    throw new Failure('The sandbox cannot be reached.')
  }
  const body = await response.json().catch(() => ({}))
  if (!response.ok) throw new Failure(body.message || `The sandbox answered ${response.status}.`, response.status, body)
  return body
}

const post = (path, body) => call(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

export const state = () => call('/api/state')
export const wire = (query = '') => call('/api/wire' + query)
export const visitor = body => post('/api/visitor', body)
export const desk = event => post('/api/desk', event)
export const faults = body => post('/api/faults', body)
export const rotateKey = () => post('/api/key', { rotate: true })
export const resend = n => post('/api/resend', { n })
