// The fault switches. Which there are, the server says.
import * as api from './api.js'
import { attribute, el, find, notice, text } from './dom.js'

const groups = {
  request: ['The next request to the widget', 'Each press is for one request more.'],
  webhook: ['The next webhook to the CRM', 'Each press is for one webhook more.'],
  weather: ['All the time', 'Stays until it is switched off.'],
}

export function faults(store) {
  const answer = find('faults-notice')
  const buttons = new Map() // by name

  let told = '' // the fault that is said to be armed
  async function act(what, words) {
    try {
      store.dispatch({ type: 'faults', faults: await api.faults(what) })
      notice(answer, words)
      told = what.off ? '' : what.preset
    } catch (failure) {
      notice(answer, failure.message, 'bad')
    }
  }

  // The answer to the key's button is right below it: a key that nobody sees would be lost.
  function tell(words, kind) {
    notice(find('key-notice'), words, kind)
    find('key-notice').scrollIntoView({ block: 'nearest' })
  }

  find('faults-clear').addEventListener('click', () => act({ clear: true }, 'All faults are off.'))
  find('rotate-key').addEventListener('click', async () => {
    try {
      const { key } = await api.rotateKey()
      const demo = store.state.facts?.demo ? ' The demo CRM meets a 401, learns the new key, and goes on.' : ''
      tell(`The new key is ${key}. It is shown only here; the old one is refused from now on.${demo}`)
    } catch (failure) {
      tell(failure.message, 'bad')
    }
  })

  function press(preset) {
    const armed = store.state.faults.presets.find(p => p.name === preset.name).armed
    if (preset.group === 'weather' && armed) act({ preset: preset.name, off: true }, `${preset.label}: off.`)
    else act({ preset: preset.name }, `${preset.label}: ${preset.group === 'weather' ? 'on' : 'armed'}.`)
  }

  function build(presets) {
    buttons.clear()
    const names = [...new Set(presets.map(p => p.group))]
    find('fault-groups').replaceChildren(...names.map((group, i) => el('fieldset', { class: 'fault-group', 'aria-describedby': `fault-about-${i}` },
      el('legend', {}, groups[group]?.[0] ?? group),
      el('p', { class: 'fault-about', id: `fault-about-${i}` }, groups[group]?.[1] ?? ''),
      el('div', { class: 'chips' }, ...presets.filter(p => p.group === group).map(p => {
        const b = el('button', {
          type: 'button', class: 'chip', title: p.about, dataset: { fault: p.name, group }, onclick: () => press(p),
        }, p.label, el('span', { class: 'count' }))
        buttons.set(p.name, b)
        return b
      })))))
  }

  store.subscribe(({ faults }) => {
    if (!faults) return
    if (faults.presets.some(p => !buttons.has(p.name)) || faults.presets.length !== buttons.size) build(faults.presets)
    let armed = 0
    for (const p of faults.presets) {
      if (p.name === told && !p.armed) notice(answer, told = '') // it has happened
      const b = buttons.get(p.name)
      attribute(b, 'aria-pressed', p.armed > 0)
      text(b.querySelector('.count'), p.armed > 1 ? `×${p.armed}` : '')
      armed += p.armed
    }
    attribute(find('faults-clear'), 'aria-disabled', armed || faults.left || faults.webhooksLeft || faults.chaos ? null : 'true')
  })
}
