// The sandbox's page. One store holds what is known; the stream and the answers to what is clicked change it, and
// every part of the page draws itself from it.
import { chat } from './chat.js'
import { desk } from './desk.js'
import { diagram } from './diagram.js'
import { faults } from './faults.js'
import { parked } from './parked.js'
import { status } from './status.js'
import { Store } from './store.js'
import { Stream } from './stream.js'
import { tabs } from './tabs.js'
import { wire } from './wire.js'

const store = new Store()
for (const part of [status, tabs, chat, desk, parked, diagram, wire, faults]) part(store)

const asked = new URL(location.href).searchParams.get('conversation')
if (asked) store.dispatch({ type: 'select', id: asked })
new Stream(store).start()
