import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deskNext, visitorNext } from '../next.js'

const kinds = (...allowed) => ['escalationQueueUpdate', 'escalationSuccess', 'message', 'escalationFailed', 'agentDisconnect']
  .map(kind => ({ kind, allowed: allowed.includes(kind) }))
const waiting = kinds('escalationQueueUpdate', 'escalationSuccess', 'escalationFailed')
const talking = kinds('message', 'agentDisconnect')
const desk = (accepted, kinds, pending = 0) => ({ accepted, kinds, pending })

const joined = { by: 'crm', kind: 'escalationSuccess' }
const agent = { by: 'crm', kind: 'message' }
const visitor = { by: 'visitor', kind: 'widgetMessage' }

for (const [why, conversation, visitorWants, deskWants] of [
  ['before anything', { state: 'none', lines: [], desk: desk('none', kinds()) }, 'escalate', null],
  ['asked for', { state: 'pending', lines: [], desk: desk('pending', waiting) }, null, 'escalationQueueUpdate'],
  ['a CRM without a queue', { state: 'pending', lines: [], desk: desk('pending', kinds('escalationSuccess')) }, null, 'escalationSuccess'],
  ['in the queue', { state: 'queued', lines: [], desk: desk('queued', waiting) }, null, 'escalationSuccess'],
  ['an event is on its way', { state: 'queued', lines: [], desk: desk('connected', talking, 1) }, null, null],
  ['the agent has joined', { state: 'connected', lines: [joined], desk: desk('connected', talking) }, null, 'message'],
  ['what the visitor said before counts for nothing', { state: 'connected', lines: [visitor, joined], desk: desk('connected', talking) }, null, 'message'],
  ['the agent has said hello', { state: 'connected', lines: [joined, agent], desk: desk('connected', talking) }, 'write', null],
  ['the visitor has answered', { state: 'connected', lines: [joined, agent, visitor], desk: desk('connected', talking) }, null, 'message'],
  ['the agent has helped', { state: 'connected', lines: [joined, agent, visitor, agent], desk: desk('connected', talking) }, null, 'agentDisconnect'],
  ['the visitor has more to say', { state: 'connected', lines: [joined, agent, visitor, agent, visitor], desk: desk('connected', talking) }, null, 'message'],
  ['and writes twice', { state: 'connected', lines: [joined, agent, agent, visitor, visitor], desk: desk('connected', talking) }, null, 'message'],
  ['ended', { state: 'ended', lines: [joined, agent, visitor, agent], desk: desk('ended', kinds()) }, 'escalate', null],
  ['failed', { state: 'failed', lines: [], desk: desk('failed', kinds()) }, 'escalate', null],
  ['a second round begins anew', { state: 'connected', lines: [joined, agent, visitor, agent, joined], desk: desk('connected', talking) }, null, 'message'],
  ['a success out of order begins nothing', { state: 'connected', lines: [joined, agent, { ...joined, broken: 'sequence' }], desk: desk('connected', talking) }, 'write', null],
  ['a CRM that does not tell', { state: 'pending', lines: [], desk: null }, null, 'escalationQueueUpdate'],
  ['nothing is shown', null, null, null],
]) {
  test(why, () => {
    assert.equal(visitorNext(conversation), visitorWants)
    assert.equal(deskNext(conversation), deskWants)
  })
}

test('nothing is proposed in a conversation of an earlier run', () => {
  const earlier = { state: 'none', lines: [], earlier: true, desk: desk('connected', talking) }
  assert.equal(visitorNext(earlier), null)
  assert.equal(deskNext(earlier), null)
})
