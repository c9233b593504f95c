import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { curl } from '../curl.js'

// arguments returns what a shell would give to curl.
const args = command => execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }\nKEY=secret\n${command}`]).toString().trimEnd().split('\n')

test('a command for each state in which something may be sent', () => {
  for (const [state, fields] of [
    ['pending', { eventType: 'escalationQueueUpdate', queuePosition: '3', waitingTime: '12' }],
    ['queued', { eventType: 'escalationSuccess', agent: 'Ann' }],
    ['connected', { eventType: 'message', text: 'Hello! How can I help?' }],
  ]) {
    assert.deepEqual(args(curl({ baseURL: 'http://127.0.0.1:1', bot: 'b' }, { id: 'a', state })), [
      '-i', 'http://127.0.0.1:1/agent/converse/send-message-to-widget', '-H', 'Authorization: secret', '-H', 'botid: b',
      '-H', 'Content-Type: application/json', '-d', JSON.stringify({ platformConversationId: 'a', ...fields }),
    ])
  }
  for (const state of ['none', 'ended', 'failed']) assert.equal(curl({ baseURL: '', bot: '' }, { id: 'a', state }), '')
})

test('nothing in an id gets out of its quotes', () => {
  const id = `'; touch x; $(id) \`id\` "`
  assert.equal(args(curl({ baseURL: 'http://h', bot: `b'$HOME` }, { id, state: 'connected' })).at(-1),
    JSON.stringify({ platformConversationId: id, eventType: 'message', text: 'Hello! How can I help?' }))
})
