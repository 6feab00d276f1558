import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { changedSection, type FileSection, pickKeys, withNumbers } from '../state/section-text.ts'
import { carryOut } from './manager.ts'
import { forgetInRules, guestOfSid, haState, managerRuns, managerState, resourcesDigest } from './state.ts'

const KEYS = ['state', 'group', 'max_restart', 'max_relocate', 'failback', 'comment', 'auto-rebalance']
const NUMBERS = ['max_restart', 'max_relocate', 'failback', 'auto-rebalance']

/** The resource id a request means: `100` stands for the guest of that number, whatever it is. */
const sidOfCall = (call: Call): string => {
  const given = call.text('sid')
  if (!/^\d+$/.test(given)) return given
  const guest = call.world.guests.get(Number(given))
  return `${guest?.type === 'lxc' ? 'ct' : 'vm'}:${given}`
}

const shown = (call: Call, sid: string, section: FileSection): Record<string, unknown> => ({
  sid,
  type: sid.slice(0, 2),
  ...withNumbers(section, NUMBERS),
  digest: resourcesDigest(call.world),
})

const wanted = (call: Call): FileSection => {
  const { state, ...rest } = pickKeys(call.params, KEYS)
  return state === undefined ? rest : { ...rest, state: state === 'enabled' ? 'started' : state }
}

const carryOutFor = (call: Call, sid: string): null => {
  const guest = guestOfSid(call.world, sid)
  if (guest !== undefined) carryOut(call.world, guest)
  return null
}

const checkGuest = (call: Call, sid: string): void => {
  if (guestOfSid(call.world, sid) !== undefined) return
  const vmid = Number(sid.slice(3))
  if (!call.world.guests.has(vmid)) raise(`resource '${sid}' does not exist in cluster`)
  raise(`resource '${sid}' - guest with ID ${vmid} is not a ${sid.startsWith('vm:') ? 'VM' : 'container'}`)
}

const create = (call: Call): null => {
  const sid = sidOfCall(call)
  if (call.has('type') && call.text('type') !== sid.slice(0, 2))
    raiseParam({ type: `provided type '${call.text('type')}' does not match type of resource '${sid}'` })
  checkGuest(call, sid)
  const { resources } = haState(call.world)
  if (resources.has(sid)) raise(`create resource failed: resource ID '${sid}' already defined`)
  if (call.has('group')) raise('create resource failed: ha groups have been migrated to rules')
  resources.set(sid, wanted(call))
  return carryOutFor(call, sid)
}

const sectionOf = (call: Call): FileSection => {
  const sid = sidOfCall(call)
  return haState(call.world).resources.get(sid) ?? raise(`no such resource '${sid}'`)
}

const update = (call: Call): null => {
  if (call.has('digest') && call.text('digest') !== resourcesDigest(call.world))
    raise('update resources config failed: detected modified configuration - file changed by other user? Try again.')
  const section = sectionOf(call)
  const gone = call.list('delete')
  const unknown = gone.find((key) => !KEYS.includes(key))
  if (unknown !== undefined) raise(`update resources config failed: no such option '${unknown}'`)
  const both = gone.find((key) => call.has(key))
  if (both !== undefined)
    raise(`update resources config failed: cannot set and delete property '${both}' at the same time!`)
  haState(call.world).resources.set(sidOfCall(call), changedSection(section, wanted(call), gone))
  return carryOutFor(call, sidOfCall(call))
}

const remove = (call: Call): null => {
  const sid = sidOfCall(call)
  if (!haState(call.world).resources.delete(sid)) raise(`cannot delete service '${sid}', not HA managed!`)
  managerState(call.world).delete(sid)
  if (!call.has('purge') || call.flag('purge')) forgetInRules(call.world, sid)
  return null
}

/** Asks the HA manager to bring a resource to another node; it does so in its own time. */
const relocate = (call: Call): unknown => {
  const sid = sidOfCall(call)
  sectionOf(call)
  const target = call.text('node')
  if (!call.world.nodes.has(target)) raise(`no such cluster node '${target}'`)
  const guest = guestOfSid(call.world, sid)
  if (guest !== undefined && managerRuns(call.world)) {
    call.world.clock.after(10_000, () => {
      guest.node = target
    })
  }
  return { sid, 'requested-node': target }
}

const groupsAreGone = (what: string) => (): never => raise(`cannot ${what}: ha groups have been migrated to rules`)

/** PVE API: /cluster/ha/resources, and /cluster/ha/groups, which PVE 9 refuses. */
export const haResourceRoutes: RouteTable = {
  'GET /cluster/ha/resources': (call) =>
    [...haState(call.world).resources]
      .filter(([sid]) => !call.has('type') || sid.startsWith(call.text('type')))
      .map(([sid, section]) => shown(call, sid, section)),
  'POST /cluster/ha/resources': create,
  'GET /cluster/ha/resources/{sid}': (call) => shown(call, sidOfCall(call), sectionOf(call)),
  'PUT /cluster/ha/resources/{sid}': update,
  'DELETE /cluster/ha/resources/{sid}': remove,
  'POST /cluster/ha/resources/{sid}/migrate': relocate,
  'POST /cluster/ha/resources/{sid}/relocate': relocate,
  'GET /cluster/ha/groups': groupsAreGone('index groups'),
  'POST /cluster/ha/groups': groupsAreGone('create group'),
  'GET /cluster/ha/groups/{group}': groupsAreGone('read group'),
  'PUT /cluster/ha/groups/{group}': groupsAreGone('update group'),
  'DELETE /cluster/ha/groups/{group}': groupsAreGone('delete group'),
}
