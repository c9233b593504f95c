// JSON for reading: indented, and its parts told apart by class.
import { el } from './dom.js'

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g

// indented returns JSON over several lines, and null where that would show something else than what was sent: no JSON, a
// key that is there twice, a number with more digits than JavaScript keeps.
export function indented(raw) {
  try {
    const pretty = JSON.stringify(JSON.parse(raw), null, 2)
    return compact(pretty) === compact(raw) ? pretty : null
  } catch {
    return null
  }
}

// body returns the nodes for a body: indented if it is JSON, as it is if not.
export function body(raw) {
  if (!raw) return ['(empty)']
  const pretty = indented(raw)
  if (pretty === null) return [raw]
  const nodes = []
  let at = 0
  for (const m of pretty.matchAll(token)) {
    nodes.push(pretty.slice(at, m.index))
    const kind = m[2] ? 'key' : m[1] ? 'string' : 'other'
    nodes.push(el('span', { class: `json-${kind}` }, m[1] ?? m[0]), m[2] ?? '')
    at = m.index + m[0].length
  }
  return [...nodes, pretty.slice(at)].filter(Boolean)
}

// compact drops the space between tokens and the ways to write a character.
function compact(json) {
  return json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, part => part[0] === '"' ? JSON.stringify(JSON.parse(part)) : '')
}
