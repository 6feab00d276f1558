import type { Call } from '../api/call.ts'
import { raisePerm } from '../api/error.ts'
import { parsePropertyString, splitList } from '../schema/check.ts'
import { splitPropertyString } from '../schema/property-string.ts'
import { namedFormat } from '../schema/verify.ts'
import type { Section } from '../state/guest.ts'
import { requireVolume } from '../volume/access.ts'
import { parseNetwork } from './network.ts'
import { formatOf } from './option.ts'
import { newDisk, parseMountPoint } from './volume/mount-point.ts'

/** What a caller wants done to a container's configuration. `old` is nothing for a new container. */
export type Wanted = {
  readonly vmid: number
  readonly pool?: string | undefined
  readonly old: Readonly<Section> | undefined
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  readonly unprivileged: boolean
}

/** A privilege on the guest, or on the pool it is to be made in. */
const requireOnGuest = (call: Call, wanted: Wanted, privilege: string): void => {
  if (wanted.pool !== undefined && call.allowed(`/pool/${wanted.pool}`, [privilege])) return
  call.require(`/vms/${wanted.vmid}`, [privilege])
}

/** Ends the request unless the caller may use the bridge or virtual network (and VLAN) of a device. */
export const requireBridge = (call: Call, network: string): void => {
  if (call.isRoot()) return
  const { bridge, tag } = parseNetwork(network)
  if (bridge === undefined) return
  const path = `/sdn/zones/localnetwork/${bridge}`
  if (tag === undefined || !call.allowed(`${path}/${tag}`, ['SDN.Use'])) call.require(path, ['SDN.Use'])
}

const requireMount = (call: Call, wanted: Wanted, key: string, value: string): void => {
  const mount = parseMountPoint(key, value)
  if (mount.type !== 'volume') raisePerm(`mount point type ${mount.type} is only allowed for root@pam`)
  const disk = newDisk(mount.volume)
  if (disk) call.require(`/storage/${disk.storage}`, ['Datastore.AllocateSpace'])
  else requireVolume(call, wanted.vmid, mount.volume, 'rootdir')
}

const featuresOf = (text: string | undefined): Record<string, string> =>
  text === undefined ? {} : parsePropertyString(formatOf('features'), text, '', namedFormat)

/** Which features a change of the `features` option touches. */
const changedFeatures = (old: string | undefined, value: string | undefined): readonly string[] => {
  if (value !== undefined && old !== undefined) {
    const before = featuresOf(old)
    const after = featuresOf(value)
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => (before[name] ?? '') !== (after[name] ?? ''),
    )
  }
  const given = featuresOf(value ?? old)
  const names = Object.keys(given)
  return names.length === 1 && given['nesting'] === '0' ? ['nesting=0'] : names
}

const requireFeatures = (call: Call, wanted: Wanted, value: string | undefined): void => {
  if (!wanted.unprivileged) raisePerm('changing feature flags for privileged container is only allowed for root@pam')
  const changed = changedFeatures(wanted.old?.['features'], value)
  if (changed.some((name) => name !== 'nesting'))
    raisePerm('changing feature flags (except nesting) is only allowed for root@pam')
  if (changed.includes('nesting')) requireOnGuest(call, wanted, 'VM.Allocate')
}

const tagAccessFormat = {
  'user-allow': { optional: 1, type: 'string' },
  'user-allow-list': { optional: 1, type: 'string' },
} as const

/** Tags the cluster reserves (`registered-tags`) need Sys.Modify; others VM.Config.Options. */
const requireTags = (call: Call, wanted: Wanted, value: string | undefined): void => {
  requireOnGuest(call, wanted, 'VM.Config.Options')
  const options = call.world.options
  const reserved = new Set(splitList(options['registered-tags'] ?? ''))
  const access = splitPropertyString(tagAccessFormat, options['user-tag-access'] ?? '')
  const before = new Set(splitList(wanted.old?.['tags'] ?? ''))
  const after = new Set(splitList(value ?? ''))
  const changed = [...before, ...after].filter((tag) => before.has(tag) !== after.has(tag))
  if (call.allowed('/', ['Sys.Modify'])) return
  for (const tag of changed) {
    if (reserved.has(tag)) raisePerm(`tag '${tag}' is only allowed for users with 'Sys.Modify' on '/'`)
    if (access['user-allow'] === 'none') raisePerm('/, Sys.Modify')
  }
}

const requireOption = (call: Call, wanted: Wanted, key: string, value: string | undefined): void => {
  if (key === 'cores' || key === 'cpuunits' || key === 'cpulimit') requireOnGuest(call, wanted, 'VM.Config.CPU')
  else if (key === 'rootfs' || /^mp\d+$/.test(key)) {
    requireOnGuest(call, wanted, 'VM.Config.Disk')
    if (value !== undefined) requireMount(call, wanted, key, value)
  } else if (key === 'memory' || key === 'swap') requireOnGuest(call, wanted, 'VM.Config.Memory')
  else if (/^net\d+$/.test(key)) {
    requireOnGuest(call, wanted, 'VM.Config.Network')
    for (const text of [wanted.old?.[key], value]) if (text !== undefined) requireBridge(call, text)
  } else if (/^dev\d+$/.test(key)) raisePerm('configuring device passthrough is only allowed for root@pam')
  else if (key === 'nameserver' || key === 'searchdomain' || key === 'hostname')
    requireOnGuest(call, wanted, 'VM.Config.Network')
  else if (key === 'features') requireFeatures(call, wanted, value)
  else if (key === 'hookscript') raisePerm('changing the hookscript is only allowed for root@pam')
  else if (key === 'tags') requireTags(call, wanted, value)
  else requireOnGuest(call, wanted, 'VM.Config.Options')
}

/** Ends the request unless the caller may make these changes. root@pam itself may. PVE source: `check_ct_modify_config_perm`. */
export const requireChange = (call: Call, wanted: Wanted): void => {
  if (call.isRoot()) return
  for (const key of Object.keys(wanted.set)) requireOption(call, wanted, key, wanted.set[key])
  for (const key of wanted.remove) requireOption(call, wanted, key, undefined)
}
