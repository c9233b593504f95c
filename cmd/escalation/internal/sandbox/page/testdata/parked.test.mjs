import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decision, stopped } from '../parked.js'

test('what has stopped is told, and where it is decided', () => {
  for (const [why, conversation, words] of [
    ['no desk', { desk: null }, ''],
    ['nothing is parked', { desk: { parked: '' } }, ''],
    ['nothing is parked, whatever else is offered', { desk: { parked: '', repairs: [{ id: '1' }] } }, ''],
    ['a CRM without choices', { desk: { parked: 'event 3' } }, 'Delivery has stopped: event 3. Its desk offers no choice here: decide in the CRM.'],
    ['a CRM with none now', { desk: { parked: 'event 3', repairs: [] } }, 'Delivery has stopped: event 3. Its desk offers no choice here: decide in the CRM.'],
    ['choices', { desk: { parked: 'event 3', repairs: [{ id: '1' }] } }, 'Delivery has stopped: event 3. What now?'],
  ]) assert.equal(stopped(conversation), words, why)
})

test('a decision is its id, and the event where there is one', () => {
  assert.deepEqual(decision('c', { id: '3 again' }), { platformConversationId: 'c', repair: '3 again' })
  const other = { id: '3 other', event: { eventType: 'escalationSuccess', agent: 'Ann', agentAvatar: 'x', team: 'A' } }
  assert.deepEqual(decision('c', other, { agent: 'Bob', agentAvatar: '' }),
    { platformConversationId: 'c', repair: '3 other', eventType: 'escalationSuccess', agent: 'Bob', team: 'A' })
})
