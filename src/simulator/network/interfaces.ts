import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { checkAgainst, checkInterfaces, completeInterface, givenInterface, withoutKeys } from './interface-change.ts'
import { type Interface, type Interfaces, interfacesText, nodeNetwork } from './interface-state.ts'
import { sdnState } from './sdn-state.ts'

/** Priority of the first interface in the list. */
const FIRST = 3

const current = (call: Call): Interfaces => {
  const { running, pending } = nodeNetwork(call.world, call.node())
  return pending ?? running
}

const diff = (running: Interfaces, pending: Interfaces): string => {
  const [old, changed] = [running, pending].map((each) => interfacesText(each).split('\n').slice(0, -1)) as [
    string[],
    string[],
  ]
  const head = `--- /etc/network/interfaces\n+++ /etc/network/interfaces.new\n@@ -1,${old.length} +1,${changed.length} @@\n`
  return head + [...old.map((text) => `-${text}\n`), ...changed.map((text) => `+${text}\n`)].join('')
}

const vnetBridges = (call: Call): readonly unknown[] => {
  const { running } = sdnState(call.world)
  return Object.entries(running.vnets).map(([iface, vnet]) => ({
    iface,
    type: 'vnet',
    active: '1',
    vlanaware: Number(vnet['vlanaware'] ?? 0),
    comments: vnet['alias'],
    ...(running.zones[vnet['zone'] ?? '']?.['ipam'] === undefined ? {} : { ipam: 1 }),
  }))
}

const ofType = (type: string, iface: Interface): boolean => {
  const own = String(iface['type'])
  if (type === '') return true
  if (type === 'any_bridge' || type === 'any_local_bridge') return own === 'bridge' || own === 'OVSBridge'
  if (type === 'include_sdn') return true
  return own === type
}

const list = (call: Call): readonly unknown[] => {
  const { running, pending } = nodeNetwork(call.world, call.node())
  if (pending !== undefined) call.extra['changes'] = diff(running, pending)
  const type = call.text('type')
  const own = [...(pending ?? running)].map(([iface, rest], index) => ({ iface, ...rest, priority: FIRST + index }))
  const bridges = type === 'any_bridge' || type === 'include_sdn' ? vnetBridges(call) : []
  return [...own.filter((iface) => ofType(type, iface)), ...bridges]
}

const write = (call: Call, interfaces: Interfaces): null => {
  checkInterfaces(interfaces)
  nodeNetwork(call.world, call.node()).pending = interfaces
  return null
}

const create = (call: Call): null => {
  const name = call.text('iface')
  if (current(call).has(name)) raiseParam({ iface: 'interface already exists' })
  const given = givenInterface(call)
  checkAgainst(current(call), name, given)
  return write(call, new Map([...current(call), [name, completeInterface(name, given)]]))
}

const known = (call: Call): Interface =>
  current(call).get(call.text('iface')) ?? raiseParam({ iface: 'interface does not exist' })

const update = (call: Call): null => {
  const old = known(call)
  const name = call.text('iface')
  if (call.has('type') && old['type'] !== call.text('type')) raise('unable to change interface type')
  const given = givenInterface(call)
  checkAgainst(current(call), name, given)
  const changed = { ...withoutKeys(old, call.list('delete')), ...given }
  return write(call, new Map([...current(call), [name, completeInterface(name, changed)]]))
}

const remove = (call: Call): null => {
  known(call)
  return write(call, new Map([...current(call)].filter(([name]) => name !== call.text('iface'))))
}

const priorityOf = (call: Call): number => FIRST + [...current(call).keys()].indexOf(call.text('iface'))

const revert = (call: Call): null => {
  nodeNetwork(call.world, call.node()).pending = undefined
  return null
}

const apply = (call: Call): string => {
  const network = nodeNetwork(call.world, call.node())
  return call.task('srvreload', 'networking', async (worker) => {
    await worker.work(1)
    const applied = [...(network.pending ?? network.running)].map(
      ([name, iface]) => [name, { ...iface, active: 1 }] as const,
    )
    network.running = new Map(applied)
    network.pending = undefined
  })
}

/** PVE API: /nodes/{node}/network. Changes wait until they are applied. */
export const interfaceRoutes: RouteTable = {
  'GET /nodes/{node}/network': list,
  'POST /nodes/{node}/network': create,
  'PUT /nodes/{node}/network': apply,
  'DELETE /nodes/{node}/network': revert,
  'GET /nodes/{node}/network/{iface}': (call) => ({ ...known(call), priority: priorityOf(call) }),
  'PUT /nodes/{node}/network/{iface}': update,
  'DELETE /nodes/{node}/network/{iface}': remove,
}
