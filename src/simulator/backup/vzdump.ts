import type { Call } from '../api/call.ts'
import { errorText, raise } from '../api/error.ts'
import { includedVolumes } from '../cluster/backup-volumes.ts'
import { firewallOf } from '../firewall/state.ts'
import { configText } from '../guest/config-text.ts'
import { checkLock } from '../guest/find-guest.ts'
import { hasFeature } from '../lxc/volume/volume.ts'
import { checkStart } from '../qemu/start.ts'
import { type Guest, makeGuest, type Section, touch } from '../state/guest.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import { parseRetention, pruneList } from '../storage/prune.ts'
import type { Worker } from '../task/task.ts'
import { freeVolume } from '../volume/free.ts'
import { addVolume, contentOf, pathOf, poolOn, storageOf, usableStorage } from '../volume/volumes.ts'
import { archiveBytes, backedUp, unpackedBytes } from './content.ts'
import type { BackupPayload } from './payload.ts'
import { type BackupRequest, type Mode, readBackupRequest } from './request.ts'

const two = (value: number): string => String(value).padStart(2, '0')

const clockText = (seconds: number): { readonly date: string; readonly time: string } => {
  const date = new Date(seconds * 1000)
  return {
    date: `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
    time: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`,
  }
}

const stamp = (seconds: number): string => {
  const { date, time } = clockText(seconds)
  return `${date} ${time}`
}

const fileName = (guest: Guest, seconds: number, request: BackupRequest): string => {
  const { date, time } = clockText(seconds)
  const kind = guest.type === 'qemu' ? 'vma' : 'tar'
  const ending = { '0': '', '1': '.lzo', lzo: '.lzo', gzip: '.gz', zstd: '.zst' }[request.compression]
  return `vzdump-${guest.type}-${guest.vmid}-${date.replaceAll('-', '_')}-${time.replaceAll(':', '_')}.${kind}${ending}`
}

const notSaved = /^(?:lock|parent|snapstate|vmstate|runningmachine|runningcpu)$/

const savedConfig = (guest: Guest): Section =>
  Object.fromEntries(Object.entries(guest.config).filter(([key]) => !notSaved.test(key)))

const payloadFor = (world: World, guest: Guest): BackupPayload => {
  const config = savedConfig(guest)
  const volumes = backedUp(world, guest)
  return {
    type: guest.type,
    config,
    text: configText({ ...makeGuest(guest.type, guest.vmid, guest.node, config), raw: guest.raw }),
    sizes: Object.fromEntries(volumes.map(([key, volume]) => [key, volume.size])),
    tokens: Object.fromEntries(volumes.map(([key, volume]) => [key, volume.token])),
    unpacked: unpackedBytes(volumes) + 40_960,
    firewall: firewallOf(world, `guest/${guest.vmid}`),
    raw: guest.raw,
  }
}

const nameOf = (guest: Guest): string => guest.config[guest.type === 'qemu' ? 'name' : 'hostname'] ?? `${guest.vmid}`

const notesFor = (world: World, guest: Guest, template: string): string => {
  const values: Readonly<Record<string, string>> = {
    guestname: nameOf(guest),
    node: guest.node,
    vmid: String(guest.vmid),
    cluster: world.clusterName ?? 'standalone node - no cluster',
  }
  return template
    .replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => values[name] ?? whole)
    .replace(/\\(n|\\)/g, (_, what: string) => (what === 'n' ? '\n' : '\\'))
}

type Log = (line: string) => void

const logVolumes = (world: World, guest: Guest, log: Log): void => {
  for (const { id, name, included, reason } of includedVolumes(guest)) {
    const key = id.slice(id.indexOf(':') + 1)
    const mount = key === 'rootfs' ? '/' : (/(?:^|,)mp=([^,]+)/.exec(guest.config[key] ?? '')?.[1] ?? '')
    if (guest.type === 'qemu') {
      const size = /(?:^|,)size=([^,]+)/.exec(guest.config[key] ?? '')?.[1] ?? ''
      log(included ? `include disk '${key}' '${name}' ${size}` : `exclude disk '${key}' '${name}' (${reason})`)
    } else if (included) log(`including mount point ${key} ('${mount}') in backup`)
    else {
      const kind = name.startsWith('/dev/') ? 'device' : name.startsWith('/') ? 'bind' : 'volume'
      log(`excluding ${kind} mount point ${key} ('${mount}') from backup (${reason})`)
    }
  }
  if (guest.type === 'qemu' && backedUp(world, guest).length === 0) log('backup contains no disks')
}

/** The mode a guest can be backed up in: one that is stopped needs no care, a running container needs snapshots. */
const modeFor = (world: World, guest: Guest, wanted: Mode, log: Log): Mode => {
  if (!guest.running) return 'stop'
  if (guest.type === 'qemu' || wanted !== 'snapshot') return wanted
  if (backedUp(world, guest).every(([, volume]) => hasFeature(world, 'snapshot', `${volume.storage}:${volume.name}`)))
    return 'snapshot'
  log('mode failure - some volumes do not support snapshots')
  log("trying 'suspend' mode instead")
  return 'suspend'
}

const holdStill = (guest: Guest, mode: Mode, log: Log): void => {
  if (!guest.running) return
  if (mode === 'stop') log('stopping virtual guest')
  else if (guest.type === 'qemu') log("skipping guest-agent 'fs-freeze', agent configured but not running?")
  else log(mode === 'snapshot' ? "create storage snapshot 'vzdump'" : 'starting first sync')
}

/** The disks of a stopped VM are read by QEMU, which must start for it. */
const startForBackup = (world: World, guest: Guest, log: Log): void => {
  if (guest.type === 'lxc' || guest.running || backedUp(world, guest).length === 0) return
  log('starting kvm to execute backup task')
  checkStart(world, guest, log)
}

const letGo = (guest: Guest, mode: Mode, log: Log): void => {
  if (!guest.running) return
  if (mode === 'stop') {
    log('restarting vm')
    log('guest is online again after 3 seconds')
  } else if (guest.type === 'lxc' && mode === 'snapshot') log("cleanup temporary 'vzdump' snapshot")
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)}MiB`
const roundedMegabytes = (bytes: number): number => Math.round(bytes / 1e6)

const logArchive = (guest: Guest, payload: BackupPayload, size: number, log: Log): void => {
  if (guest.type === 'lxc') log(`Total bytes written: ${payload.unpacked} (${megabytes(payload.unpacked)}, 228MiB/s)`)
  else log(`transferred ${megabytes(payload.unpacked)} in 1 seconds (${megabytes(payload.unpacked)}/s)`)
  log(`archive file size: ${Math.max(1, roundedMegabytes(size))}MB`)
}

const pruneOld = (world: World, request: BackupRequest, guest: Guest, log: Log): void => {
  if (!request.remove) return
  const own = parseRetention(storageOf(world, request.storage).options['prune-backups'])
  const retention = request.retention === undefined ? own : request.retention.value
  if (retention === undefined) return
  const words = Object.entries(retention).map(([name, count]) => `${name}=${count}`)
  log(`prune older backups with retention: ${words.join(', ')}`)
  const filter = { vmid: guest.vmid, type: guest.type }
  let pruned = 0
  for (const one of pruneList(world, request.node, request.storage, retention, filter)) {
    if (one.mark !== 'remove') continue
    log(`removing backup '${one.volid}'`)
    freeVolume(world, request.node, one.volid, log)
    pruned++
  }
  log(`pruned ${pruned} backup(s)`)
}

const write = async (world: World, request: BackupRequest, guest: Guest, worker: Worker, log: Log): Promise<void> => {
  const mode = modeFor(world, guest, request.mode, log)
  log(`backup mode: ${mode}`)
  log(`ionice priority: ${request.ionice}`)
  log(`${guest.type === 'qemu' ? 'VM' : 'CT'} Name: ${nameOf(guest)}`)
  logVolumes(world, guest, log)
  const payload = payloadFor(world, guest)
  const size = archiveBytes(backedUp(world, guest), request.compression)
  const pool = poolOn(world, request.storage, request.node)
  let seconds = nodeSeconds(world, request.node)
  while (pool.volumes.has(`backup/${fileName(guest, seconds, request)}`)) seconds++
  const name = `backup/${fileName(guest, seconds, request)}`
  holdStill(guest, mode, log)
  startForBackup(world, guest, log)
  log(`creating vzdump archive '${pathOf(world, request.storage, name)}'`)
  await worker.work(0.3 + payload.unpacked / 200e6)
  letGo(guest, mode, log)
  logArchive(guest, payload, size, log)
  const volume = addVolume(world, request.node, {
    storage: request.storage,
    name,
    content: 'backup',
    format: 'raw',
    size,
    used: size,
    vmid: guest.vmid,
    ctime: seconds,
    parent: undefined,
    snapshots: new Map(),
    payload,
  })
  if (request.notes !== undefined) {
    log('adding notes to backup')
    volume.notes = notesFor(world, guest, request.notes)
  }
  if (request.protect) {
    log('marking backup as protected')
    volume.protected = true
  }
  pruneOld(world, request, guest, log)
}

const backUpGuest = async (
  call: Call,
  request: BackupRequest,
  vmid: number,
  worker: Worker,
  log: Log,
): Promise<void> => {
  const { world } = call
  const began = nodeSeconds(world, request.node)
  const guest = world.guests.get(vmid)
  if (guest === undefined) raise(`unable to find VM '${vmid}'`)
  else {
    log(`Starting Backup of VM ${vmid} (${guest.type})`)
    log(`Backup started at ${stamp(began)}`)
    log(`status = ${guest.running ? 'running' : 'stopped'}`)
    checkLock(guest)
    guest.config['lock'] = 'backup'
    touch(guest)
    try {
      await write(world, request, guest, worker, log)
    } finally {
      delete guest.config['lock']
      touch(guest)
    }
    const spent = nodeSeconds(world, request.node) - began
    const hours = `${two(Math.floor(spent / 3600))}:${two(Math.floor(spent / 60) % 60)}:${two(spent % 60)}`
    log(`Finished Backup of VM ${vmid} (${hours})`)
    log(`Backup finished at ${stamp(nodeSeconds(world, request.node))}`)
  }
}

const checkStorage = (world: World, request: BackupRequest): void => {
  try {
    const storage = usableStorage(world, request.storage, request.node)
    if (!contentOf(storage).includes('backup'))
      raise(`can't use storage '${request.storage}' for backups - wrong content type`)
  } catch (error) {
    raise(`could not get storage information for '${request.storage}': ${errorText(error)}`)
  }
}

const run = async (call: Call, request: BackupRequest, worker: Worker): Promise<void> => {
  const log: Log = (line) => worker.log(`INFO: ${line}`)
  log(`starting new backup job: ${request.command}`)
  for (const vmid of request.vmids) if (call.world.guests.has(vmid)) call.require(`/vms/${vmid}`, ['VM.Backup'])
  let failures = 0
  for (const vmid of request.vmids) {
    try {
      await backUpGuest(call, request, vmid, worker, log)
    } catch (error) {
      failures++
      worker.log(`ERROR: Backup of VM ${vmid} failed - ${errorText(error).replace(/\n+$/, '')}`)
      log(`Failed at ${stamp(nodeSeconds(call.world, request.node))}`)
    }
  }
  log(failures === 0 ? 'Backup job finished successfully' : 'Backup job finished with errors')
  if (failures > 0) raise('job errors')
}

/** POST vzdump: one run at a time on a node, the others wait. Guests that cannot be backed up fail the task at its end. */
export const vzdump = (call: Call): unknown => {
  const { world } = call
  const request = readBackupRequest(call)
  if (call.flag('stop')) {
    for (const task of world.tasks.list(request.node))
      if (task.type === 'vzdump' && task.endtime === undefined) task.stop()
    if (request.vmids.length === 0) return 'OK'
  }
  if (request.vmids.length === 0 && !call.flag('all')) return 'OK'
  const id = request.vmids.length === 1 ? String(request.vmids[0]) : ''
  const lock = `/var/run/vzdump.lock@${request.node}`
  return call.task('vzdump', id, async (worker) => {
    checkStorage(world, request)
    const waits = world.locks.held(lock)
    if (waits) worker.log('INFO: trying to get global lock - waiting...')
    await world.locks.withLock(
      lock,
      async () => {
        if (waits) worker.log('INFO: got global lock')
        await run(call, request, worker)
      },
      request.lockwait * 60,
    )
  })
}
