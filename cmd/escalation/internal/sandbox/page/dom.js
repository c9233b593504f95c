// Building and finding elements. Text from outside only ever becomes a text node.

export const find = id => document.getElementById(id)

// el('button', {type: 'button', class: 'quiet', onclick: f, dataset: {n: 1}}, 'text', child)
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (name === 'dataset') Object.assign(element.dataset, value)
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value != null) element.setAttribute(name, value)
  }
  element.append(...children.filter(c => c != null && c !== ''))
  return element
}

// text writes only what is new, so that live regions do not speak twice.
export function text(element, words) {
  if (element.textContent !== words) element.textContent = words
}

// attribute sets, or with null removes, an attribute that has another value.
export function attribute(element, name, value) {
  if (value == null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
}

// arrange makes children the children of parent, in that order, and moves none that is in its place.
export function arrange(parent, children) {
  const wanted = new Set(children)
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove()
  let at = parent.firstElementChild
  for (const child of children) {
    if (child === at) at = at.nextElementSibling
    else parent.insertBefore(child, at)
  }
}

export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches

// atEnd reports whether a list is scrolled to its end, or nearly.
export const atEnd = list => list.scrollHeight - list.scrollTop - list.clientHeight < 40

// announce has a screen reader say something. What was to be said before it, and perhaps was not yet, stays.
export function announce(words) {
  const announcer = find('announcer')
  announcer.append(el('p', {}, words))
  if (announcer.children.length > 5) announcer.firstElementChild.remove()
}

// notice shows the answer to what the user did, and a screen reader speaks it.
export function notice(element, words, kind = 'info') {
  element.dataset.kind = kind
  text(element, words)
}
