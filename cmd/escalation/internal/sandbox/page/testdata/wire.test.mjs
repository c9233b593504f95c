import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, firstWords, headers, took } from '../wire.js'

test('a request of another day has its date', () => {
  const at = new Date(2026, 2, 21, 19, 5, 7)
  const time = at.toLocaleTimeString([], { hourCycle: 'h23' })
  assert.equal(clock(at, new Date(2026, 2, 21, 23, 59, 59)), time)
  for (const now of [new Date(2026, 2, 22, 0, 0, 0), new Date(2026, 3, 21, 19, 5, 7), new Date(2027, 2, 21, 19, 5, 7)]) {
    assert.match(clock(at, now), new RegExp(`21\\b.* ${time}$`))
  }
})

test('how long it took, without digits that tell nothing', () => {
  for (const [ms, words] of [
    [undefined, ''], [0, '<1 ms'], [0.04, '<1 ms'], [0.99, '<1 ms'], [1, '1 ms'], [1.5, '2 ms'], [9_999, '9999 ms'], [10_000, '10.0 s'], [20_040, '20.0 s'],
  ]) assert.equal(took(ms), words)
})

test('messages are told apart by their first words', () => {
  for (const [why, kind, body, words] of [
    ['to the widget', 'message', '{"eventType":"message","text":" Hello! "}', 'Hello!'],
    ['to the CRM', 'widgetMessage', '{"data":{"eventType":"widgetMessage","text":"Help \\"me\\""}}', 'Help "me"'],
    ['a long one', 'message', JSON.stringify({ text: 'x'.repeat(81) }), 'x'.repeat(80)],
    ['not a text', 'message', '{"text":12}', ''],
    ['no text', 'message', '{}', ''],
    ['nothing', 'message', 'null', ''],
    ['the beginning of a body', 'message', '{"text":"Hel', ''],
    ['another kind', 'escalationFailed', '{"text":"Hello"}', ''],
    ['no kind', '', '{"text":"Hello"}', ''],
  ]) assert.equal(firstWords({ kind, body }), words, why)
})

test('whether the key was there is told, and not which it was', () => {
  const kept = { Botid: ['b'], Accept: ['x', 'y'] }
  const x = { direction: 'to-widget', headers: kept, findings: [] }
  assert.deepEqual(headers(x), ['Authorization: (hidden)', 'Botid: b', 'Accept: x, y'])
  assert.deepEqual(headers({ ...x, findings: [{ rule: 'auth-key' }] })[0], 'Authorization: (hidden)')
  assert.deepEqual(headers({ ...x, findings: [{ rule: 'auth-key-required' }] }), ['Botid: b', 'Accept: x, y'])
  assert.deepEqual(headers({ ...x, direction: 'to-crm', findings: null }), ['Botid: b', 'Accept: x, y'])
  assert.deepEqual(headers({ direction: 'to-crm' }), [])
})
