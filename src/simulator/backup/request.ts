import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { splitList } from '../schema/check.ts'
import type { Guest } from '../state/guest.ts'
import { parseRetention, type Retention } from '../storage/prune.ts'
import type { Compression } from './content.ts'

export type Mode = 'snapshot' | 'suspend' | 'stop'

/** What one run of vzdump is to do. */
export type BackupRequest = {
  readonly node: string
  readonly vmids: readonly number[]
  readonly storage: string
  readonly mode: Mode
  readonly compression: Compression
  readonly notes: string | undefined
  readonly protect: boolean
  readonly remove: boolean
  /** Nothing: as the storage says. */
  readonly retention: { readonly value: Retention | undefined } | undefined
  readonly lockwait: number
  readonly ionice: number
  /** The command line, as the log begins with it. */
  readonly command: string
}

const rootOnly = ['dumpdir', 'script', 'tmpdir'] as const

const requireParameters = (call: Call): void => {
  if (call.isRoot()) return
  for (const name of rootOnly) if (call.has(name)) raiseParam({ [name]: 'Only root may set this option.' })
  for (const name of ['bwlimit', 'ionice', 'performance']) if (call.has(name)) call.require('/', ['Sys.Modify'])
}

const checkConflicts = (call: Call): void => {
  if (call.flag('stdout')) raiseParam({ stdout: 'option is only allowed on the command line interface.' })
  requireParameters(call)
  const conflict = "option conflicts with option 'vmid'"
  if (call.has('vmid'))
    for (const name of ['all', 'exclude', 'pool'])
      if (name === 'all' ? call.flag(name) : call.has(name)) raiseParam({ [name]: conflict })
  if (
    !call.has('vmid') &&
    !['all', 'pool', 'exclude', 'stop'].some((name) => call.has(name) && call.text(name) !== '0')
  )
    raiseParam({ vmid: 'property is missing' })
}

const quote = (text: string): string => (/^[\w%+./:=@,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`)

const commandOf = (call: Call, vmids: readonly number[]): string => {
  const options = Object.keys(call.params)
    .filter((name) => name !== 'vmid')
    .sort()
    .map((name) => ` --${name} ${quote(call.params[name] as string)}`)
  return `vzdump${call.has('vmid') ? ` ${vmids.join(' ')}` : ''}${options.join('')}`
}

/** The guests asked for: those here, and those that exist nowhere, so that they are seen to fail. */
const guestsOf = (call: Call): readonly number[] => {
  const { world } = call
  const node = call.node().name
  if (call.has('vmid')) {
    const asked = [...new Set(splitList(call.text('vmid')).map(Number))].sort((a, b) => a - b)
    return asked.filter((vmid) => (world.guests.get(vmid)?.node ?? node) === node)
  }
  if (call.has('pool') && !world.pools.has(call.text('pool'))) raise(`pool '${call.text('pool')}' does not exist`)
  const excluded = new Set(splitList(call.text('exclude')).map(Number))
  const wanted = (guest: Guest): boolean =>
    guest.node === node &&
    !excluded.has(guest.vmid) &&
    (!call.has('pool') || world.poolOf.get(guest.vmid) === call.text('pool')) &&
    call.allowed(`/vms/${guest.vmid}`, ['VM.Backup'])
  return [...world.guests.values()]
    .filter(wanted)
    .map((guest) => guest.vmid)
    .sort((a, b) => a - b)
}

const compressionOf = (text: string): Compression => (text === '' ? '0' : text === '1' ? 'lzo' : (text as Compression))

/** Reads and checks the parameters of POST vzdump. Without `storage` backups go to `local`, PVE's default. */
export const readBackupRequest = (call: Call): BackupRequest => {
  checkConflicts(call)
  const vmids = guestsOf(call)
  if (call.has('storage')) call.require(`/storage/${call.text('storage')}`, ['Datastore.AllocateSpace'])
  return {
    node: call.node().name,
    vmids,
    storage: call.text('storage') || 'local',
    mode: (call.text('mode') || 'snapshot') as Mode,
    compression: compressionOf(call.text('compress')),
    notes: call.has('notes-template') ? call.text('notes-template') : undefined,
    protect: call.flag('protected'),
    remove: !call.has('remove') || call.flag('remove'),
    retention: call.has('prune-backups') ? { value: parseRetention(call.text('prune-backups')) } : undefined,
    lockwait: call.number('lockwait', 180),
    ionice: call.number('ionice', 7),
    command: commandOf(call, vmids),
  }
}
