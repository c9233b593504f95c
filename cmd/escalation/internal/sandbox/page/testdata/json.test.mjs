import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indented } from '../json.js'

for (const [why, raw, want] of [
  ['an object is indented', '{"a":[1,true,null],"b":"x"}', '{\n  "a": [\n    1,\n    true,\n    null\n  ],\n  "b": "x"\n}'],
  ['space between tokens does not matter', ' {"a" : "b c"} ', '{\n  "a": "b c"\n}'],
  ['escapes may be written in two ways', '{"a":"\\u00e4\\/"}', '{\n  "a": "ä/"\n}'],
  ['a key twice is shown as it came', '{"a":"1","a":"2"}', null],
  ['so is a number that would lose digits', '{"a":12345678901234567890}', null],
  ['and what is no JSON', 'Bad Gateway', null],
  ['or was cut', '{"a":"1', null],
]) {
  test(why, () => assert.equal(indented(raw), want))
}
