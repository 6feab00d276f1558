import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { changedSection, type FileSection, pickKeys, sectionText, sha1 } from '../state/section-text.ts'
import { defineSlot, type World } from '../state/world.ts'

const jobsOf = defineSlot(() => new Map<string, FileSection>())

const KEYS = ['target', 'schedule', 'rate', 'disable', 'comment', 'source', 'remove_job']

const digest = (world: World): string =>
  sha1([...jobsOf(world)].map(([id, job]) => sectionText(`local: ${id}`, job, ['target'])).join(''))

const guestOf = (id: string): number => Number(id.split('-')[0])

const shown = (call: Call, id: string, job: FileSection): Record<string, unknown> => ({
  id,
  type: 'local',
  guest: guestOf(id),
  jobnum: Number(id.split('-')[1]),
  ...job,
  ...(job['rate'] === undefined ? {} : { rate: Number(job['rate']) }),
  ...(job['disable'] === undefined ? {} : { disable: Number(job['disable']) }),
  source: job['source'] ?? call.world.guests.get(guestOf(id))?.node,
  digest: digest(call.world),
})

const visible = (call: Call, id: string): boolean => call.allowed(`/vms/${guestOf(id)}`, ['VM.Audit'])

const jobOf = (call: Call): FileSection =>
  jobsOf(call.world).get(call.text('id')) ?? raise(`no such replication job '${call.text('id')}'`)

const checkTarget = (call: Call): void => {
  const target = call.text('target')
  if (!call.world.nodes.has(target)) raise(`Target '${target}' does not exist.`)
  if (call.world.guests.get(guestOf(call.text('id')))?.node === target) raise('Source and target are the same node.')
}

const create = (call: Call): null => {
  const id = call.text('id')
  const { guests } = call.world
  checkTarget(call)
  if (!guests.has(guestOf(id))) raise(`Guest '${guestOf(id)}' does not exist.`)
  if (jobsOf(call.world).has(id)) raise(`replication job '${id}' already exists`)
  jobsOf(call.world).set(id, pickKeys(call.params, KEYS))
  return null
}

const update = (call: Call): null => {
  const job = jobOf(call)
  if (call.has('digest') && call.text('digest') !== digest(call.world))
    raise('detected modified configuration - file changed by other user? Try again.')
  jobsOf(call.world).set(call.text('id'), changedSection(job, pickKeys(call.params, KEYS), call.list('delete')))
  return null
}

const status = (call: Call, id: string, job: FileSection): Record<string, unknown> => ({
  ...shown(call, id, job),
  vmtype: call.world.guests.get(guestOf(id))?.type,
  last_sync: 0,
  last_try: 0,
  fail_count: 0,
  duration: 0,
})

const onNode = (call: Call): readonly (readonly [string, FileSection])[] =>
  [...jobsOf(call.world)].filter(
    ([id]) => call.world.guests.get(guestOf(id))?.node === call.node().name && visible(call, id),
  )

/** Ids of the replication jobs of a guest. */
export const replicationJobs = (world: World, vmid: number): readonly string[] =>
  [...jobsOf(world).keys()].filter((id) => guestOf(id) === vmid)

/** A replication job as it was configured. */
export const replicationJob = (world: World, id: string): FileSection => jobsOf(world).get(id) ?? {}

/** Takes the replication jobs of a guest away. */
export const forgetReplication = (world: World, vmid: number): void => {
  for (const id of replicationJobs(world, vmid)) jobsOf(world).delete(id)
}

/** Replication jobs as definitions: nothing is replicated. PVE API: /cluster/replication and /nodes/{node}/replication. */
export const replicationRoutes: RouteTable = {
  'GET /cluster/replication': (call) =>
    [...jobsOf(call.world)].filter(([id]) => visible(call, id)).map(([id, job]) => shown(call, id, job)),
  'POST /cluster/replication': create,
  'GET /cluster/replication/{id}': (call) => shown(call, call.text('id'), jobOf(call)),
  'PUT /cluster/replication/{id}': update,
  'DELETE /cluster/replication/{id}': (call) => {
    jobOf(call)
    jobsOf(call.world).delete(call.text('id'))
    return null
  },
  'GET /nodes/{node}/replication': (call) => onNode(call).map(([id, job]) => status(call, id, job)),
  'GET /nodes/{node}/replication/{id}': () => [{ name: 'schedule_now' }, { name: 'log' }, { name: 'status' }],
  'GET /nodes/{node}/replication/{id}/status': (call) => status(call, call.text('id'), jobOf(call)),
  'GET /nodes/{node}/replication/{id}/log': (call) => {
    jobOf(call)
    call.extra['total'] = 1
    return [{ n: 1, t: 'no content' }]
  },
}
