// JSON for reading: indented, and its parts told apart by class.
import { el } from './dom.js'

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g

// body returns the nodes for a body: indented if it is JSON, as it is if not.
export function body(raw) {
  if (!raw) return ['(empty)']
  let pretty
  try {
    pretty = JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return [raw]
  }
  // What JSON.parse would not keep (a key twice, a long number) must not be hidden by being pretty.
  if (compact(pretty) !== compact(raw)) return [raw]
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
