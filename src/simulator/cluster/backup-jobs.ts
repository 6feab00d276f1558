import type { Call, RouteTable } from '../api/call.ts'
import { errorText, PveError, raise, raiseParam } from '../api/error.ts'
import { facts } from '../api/facts.ts'
import { nextRun, parseCalendarEvent } from '../job/calendar-event.ts'
import { splitList } from '../schema/check.ts'
import type { Guest } from '../state/guest.ts'
import type { FileSection } from '../state/section-text.ts'
import { defineSlot, nowSeconds, type World } from '../state/world.ts'
import { includedVolumes } from './backup-volumes.ts'

/** Backup jobs by id. */
export const backupJobs: (world: World) => Map<string, FileSection> = defineSlot(() => new Map<string, FileSection>())

const NOT_KEPT = new Set(['id', 'delete', 'digest', 'starttime', 'dow'])
const schemas = facts['POST /cluster/backup']?.parameters?.properties ?? {}
const ALL_DAYS = 7

const isNumber = (key: string): boolean => /^(?:boolean|integer)$/.test(schemas[key]?.type ?? '')

const shownValue = (key: string, value: string): unknown => {
  if (key === 'prune-backups' || key === 'performance' || key === 'fleecing')
    return Object.fromEntries(
      value.split(',').map((part) => {
        const [name = '', text = ''] = [part.replace(/=.*/, ''), part.replace(/^[^=]*=/, '')]
        return [name, name === 'enabled' ? Number(text) : text]
      }),
    )
  if (key === 'exclude-path') return value.split(',')
  return isNumber(key) ? Number(value) : value
}

const shown = (id: string, job: FileSection): Record<string, unknown> => ({
  id,
  type: 'vzdump',
  ...Object.fromEntries(Object.entries(job).map(([key, value]) => [key, shownValue(key, value)])),
  enabled: Number(job['enabled'] ?? '1'),
})

const ONLY_ROOT = ['tmpdir', 'dumpdir', 'script']

const refuseConflicts = (call: Call, complete: boolean): void => {
  if (call.has('pool') && (call.flag('all') || call.has('vmid') || call.has('exclude')))
    raiseParam({
      pool: `option conflicts with option '${call.has('vmid') ? 'vmid' : call.has('exclude') ? 'exclude' : 'all'}'`,
    })
  if (call.has('all') && call.has('vmid')) raiseParam({ all: "option conflicts with option 'vmid'" })
  if (call.has('exclude') && call.has('vmid')) raiseParam({ exclude: "option conflicts with options 'vmid'" })
  if (complete && !call.has('all') && !call.has('exclude') && !call.has('pool') && !call.has('vmid'))
    raiseParam({ vmid: 'property is missing' })
  const hidden = ONLY_ROOT.find((key) => call.has(key))
  if (hidden !== undefined && !call.isRoot()) raiseParam({ [hidden]: 'Only root may set this option.' })
}

const scheduleOf = (call: Call): FileSection => {
  if (!call.has('starttime')) return call.has('schedule') ? { schedule: call.text('schedule') } : {}
  const days = call.list('dow')
  const named = days.length > 0 && days.length < ALL_DAYS
  return { schedule: named ? `${days.join(',')} ${call.text('starttime')}` : call.text('starttime') }
}

const given = (call: Call): FileSection => ({
  ...Object.fromEntries(
    Object.entries(call.params).filter(([key, value]) => !NOT_KEPT.has(key) && !(key === 'mailto' && value === '')),
  ),
  ...(call.has('exclude') && !call.has('pool') ? { all: '1' } : {}),
  ...scheduleOf(call),
})

/** Which guests a job names: setting one way of choosing takes the others away. */
const EXCLUSIVE: Readonly<Record<string, readonly string[]>> = {
  all: ['vmid', 'pool'],
  vmid: ['all', 'exclude', 'pool'],
  pool: ['all', 'exclude', 'vmid'],
}

const create = (call: Call): null => {
  refuseConflicts(call, true)
  const jobs = backupJobs(call.world)
  const id = call.text('id') || `backup-${call.world.random.uuid().slice(0, 13)}`
  if (jobs.has(id)) raise(`Job '${id}' already exists`)
  if (!call.has('schedule') && !call.has('starttime'))
    raiseParam({ schedule: "missing property - 'schedule' or 'starttime' is required" })
  jobs.set(id, given(call))
  return null
}

const jobOf = (call: Call): FileSection =>
  backupJobs(call.world).get(call.text('id')) ?? raiseParam({ id: `No such job '${call.text('id')}'` })

const update = (call: Call): null => {
  refuseConflicts(call, false)
  const id = call.text('id')
  const jobs = backupJobs(call.world)
  const job = jobs.get(id) ?? raise('no such vzdump job')
  const gone = call.list('delete')
  const unknown = gone.find((key) => schemas[key] === undefined)
  if (unknown !== undefined) raiseParam({ delete: `unknown option '${unknown}'` })
  const set = given(call)
  const replaced = Object.entries(EXCLUSIVE).flatMap(([key, others]) =>
    set[key] !== undefined && set[key] !== '0' ? others : [],
  )
  const kept = Object.entries(job).filter(([key]) => !gone.includes(key) && !replaced.includes(key))
  jobs.set(id, { ...Object.fromEntries(kept), ...set })
  return null
}

const remove = (call: Call): null => {
  if (backupJobs(call.world).delete(call.text('id'))) return null
  const missing = new PveError(400, 'Parameter verification failed.', { id: `No such job '${call.text('id')}'` })
  return raise(errorText(missing))
}

const chosenGuests = (world: World, job: FileSection): readonly Guest[] => {
  const named = new Set(splitList(job['vmid'] ?? '').map(Number))
  const left = new Set(splitList(job['exclude'] ?? '').map(Number))
  return [...world.guests.values()]
    .filter(({ vmid }) =>
      job['all'] === '1'
        ? !left.has(vmid)
        : named.has(vmid) || (job['pool'] !== undefined && world.poolOf.get(vmid) === job['pool']),
    )
    .filter(({ node }) => job['node'] === undefined || job['node'] === node)
    .sort((a, b) => a.vmid - b.vmid)
}

const nameOf = (guest: Guest): string => guest.config[guest.type === 'qemu' ? 'name' : 'hostname'] ?? `${guest.vmid}`

const included = (call: Call): unknown => ({
  children: chosenGuests(call.world, jobOf(call))
    .filter(({ vmid }) => call.allowed(`/vms/${vmid}`, ['VM.Audit']))
    .map((guest) => ({
      id: guest.vmid,
      name: nameOf(guest),
      type: guest.type,
      leaf: 0,
      children: includedVolumes(guest),
    })),
})

const notBackedUp = (call: Call): readonly unknown[] => {
  const { world } = call
  const jobs = [...backupJobs(world).values()]
  const saved = new Set(jobs.flatMap((job) => chosenGuests(world, job).map(({ vmid }) => vmid)))
  return [...world.guests.values()]
    .filter(({ vmid }) => !saved.has(vmid) && call.allowed(`/vms/${vmid}`, ['VM.Audit']))
    .map((guest) => ({ vmid: guest.vmid, name: nameOf(guest), type: guest.type }))
}

/** Takes a guest out of all jobs; a list that is left empty goes too. */
export const forgetInJobs = (world: World, vmid: number): void => {
  for (const [id, job] of backupJobs(world)) {
    const lists = ['vmid', 'exclude'].map((key): readonly [string, string] => [
      key,
      splitList(job[key] ?? '')
        .filter((each) => each !== String(vmid))
        .join(','),
    ])
    const others = Object.entries(job).filter(([key]) => key !== 'vmid' && key !== 'exclude')
    backupJobs(world).set(id, Object.fromEntries([...others, ...lists.filter(([, value]) => value !== '')]))
  }
}

/** The next times a schedule is due. PVE API: GET /cluster/jobs/schedule-analyze. */
const analyze = (call: Call): readonly unknown[] => {
  const event = parseCalendarEvent(call.text('schedule'))
  const times: { readonly timestamp: number; readonly utc: string }[] = []
  let last = call.has('starttime') ? call.number('starttime') : nowSeconds(call.world)
  for (let count = 0; count < call.number('iterations', 10); count++) {
    const next = nextRun(event, last)
    if (next === undefined) break
    last = next
    times.push({ timestamp: last, utc: new Date(last * 1000).toUTCString() })
  }
  return times
}

/** PVE API: /cluster/backup, /cluster/backup-info and /cluster/jobs/schedule-analyze. */
export const backupJobRoutes: RouteTable = {
  'GET /cluster/jobs/schedule-analyze': analyze,
  'GET /cluster/backup': ({ world }) =>
    [...backupJobs(world)].map(([id, job]) => ({
      ...shown(id, job),
      ...(job['schedule'] === undefined
        ? {}
        : { 'next-run': nextRun(parseCalendarEvent(job['schedule']), nowSeconds(world)) }),
    })),
  'POST /cluster/backup': create,
  'GET /cluster/backup/{id}': (call) => shown(call.text('id'), jobOf(call)),
  'PUT /cluster/backup/{id}': update,
  'DELETE /cluster/backup/{id}': remove,
  'GET /cluster/backup/{id}/included_volumes': included,
  'GET /cluster/backup-info/not-backed-up': notBackedUp,
}
