import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock } from '../wire.js'

test('a request of another day has its date', () => {
  const at = new Date(2026, 2, 21, 19, 5, 7)
  const time = at.toLocaleTimeString([], { hourCycle: 'h23' })
  assert.equal(clock(at, new Date(2026, 2, 21, 23, 59, 59)), time)
  for (const now of [new Date(2026, 2, 22, 0, 0, 0), new Date(2026, 3, 21, 19, 5, 7), new Date(2027, 2, 21, 19, 5, 7)]) {
    assert.match(clock(at, now), new RegExp(`21\\b.* ${time}$`))
  }
})
