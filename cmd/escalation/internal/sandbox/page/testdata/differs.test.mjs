import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, passedBy, remembered } from '../differs.js'
import { deskNext } from '../next.js'
import { initial } from '../store.js'
import { emptiness } from '../wire.js'

const at = (state, kind, desk) => ({ state, last: kind ? { kind } : null, lines: [], desk })
const crm = (state, more = {}) => ({ state, accepted: state, pending: 0, parked: '', kinds: [], ...more })

for (const [why, conversation, words, passed] of [
  ['nothing has happened', at('none', null, crm('none')), '', false],
  ['both know the same', at('connected', 'escalationSuccess', crm('connected')), '', false],
  ['a CRM that does not tell', at('connected', 'escalationSuccess', null), '', false],
  ['an event is on its way', at('connected', 'escalationSuccess', crm('queued', { pending: 1 })), '', false],
  ['delivery has stopped, which is said already', at('connected', 'escalationSuccess', crm('queued', { parked: 'event 3' })), '', false],
  ['curl has sent it', at('connected', 'escalationSuccess', crm('pending')),
    'The widget is at “connected”, the CRM at “pending”: escalationSuccess was sent by somebody else, or the CRM has forgotten it.', true],
  ['the webhook was lost', at('ended', 'widgetEndSession', crm('connected')),
    'The widget is at “ended”, the CRM at “connected”: it has not learned of widgetEndSession.', false],
  ['the next round', at('pending', 'widgetEscalate', crm('ended')),
    'The widget is at “pending”, the CRM at “ended”: it has not learned of widgetEscalate.', false],
  ['the CRM has ended the round', { ...at('pending', 'widgetEscalate', crm('ended', { round: 2 })), round: 2 },
    'The widget is at “pending”, the CRM at “ended”: it has given this round up.', false],
  ['the round before', { ...at('pending', 'widgetEscalate', crm('ended', { round: 1 })), round: 2 },
    'The widget is at “pending”, the CRM at “ended”: it has not learned of widgetEscalate.', false],
  ['the CRM drops what it took', at('connected', 'escalationSuccess', crm('ended')),
    'The widget is at “connected”, the CRM at “ended”: what the CRM takes for told, the widget was not told.', false],
  ['an earlier run', { ...at('none', null, crm('connected')), earlier: true }, '', false],
  ['what was still to be sent in an earlier run came', at('none', null, crm('connected')),
    'The widget is at “none”, the CRM at “connected”: it remembers what was before the sandbox was started.', false],
]) {
  test(why, () => {
    assert.equal(difference(conversation), words)
    assert.equal(passedBy(conversation), passed)
  })
}

test('nothing is proposed to a desk that was passed by', () => {
  const kinds = [{ kind: 'escalationQueueUpdate', allowed: true }]
  assert.equal(deskNext(at('pending', 'widgetEscalate', crm('pending', { kinds }))), 'escalationQueueUpdate')
  assert.equal(deskNext(at('connected', 'escalationSuccess', crm('pending', { kinds }))), null)
})

test('an empty wire says where the rest is', () => {
  const empty = { ...initial(), facts: { earlier: 0 } }
  const others = { ...empty, exchanges: new Map([[1, { n: 1 }]]) }
  const elsewhere = 'Nothing has been sent in this conversation yet. There are requests of others: choose “All conversations”.'
  assert.equal(emptiness(empty), 'Nothing has been sent yet.')
  assert.equal(emptiness(others), elsewhere)
  assert.equal(emptiness({ ...others, facts: { earlier: 3 } }), `${elsewhere} 3 are of earlier runs.`)
  const back = { ...others, conversations: new Map([['a', { id: 'a', earlier: true }]]), selected: 'a' }
  assert.equal(emptiness(back), 'What was sent in this conversation is further back: show older ones.')
  assert.equal(emptiness({ ...back, olderExchanges: false }), elsewhere)
  assert.equal(emptiness({ ...others, scope: 'trouble' }), 'Nothing has gone wrong so far.')
})

test('what the CRM remembers of an earlier run is told, and nothing more', () => {
  assert.equal(remembered({ desk: null }), 'Where it stands, only the CRM knows.')
  assert.equal(remembered({ desk: crm('ended') }), 'The CRM has it as “ended”.')
  assert.equal(remembered({ desk: crm('connected', { pending: 2 }) }), 'The CRM has it as “connected”, with 2 still to be sent.')
})
