import type { Call } from '../../api/call.ts'
import { raise, raiseParam } from '../../api/error.ts'
import type { Section } from '../../state/guest.ts'
import { checkDriveParameters, checkStorageAccess, checkVolumeAccess } from '../disk/disk-access.ts'
import { isDriveName, isUnusedName } from '../disk/drive.ts'
import { isOption } from './config-value.ts'
import { checkBridge, checkModify } from './modify-permission.ts'
import { isNetName } from './net.ts'
import { checkSshKeys, normalizeSettings, settingsOf } from './settings.ts'

/** A change of a VM's configuration as a request asks for it, checked as far as that goes without the guest. */
export type Change = {
  readonly settings: Section
  readonly deleted: string[]
  readonly reverted: readonly string[]
  readonly force: boolean
  readonly skiplock: boolean
  readonly digest: string | undefined
  /** The request as PVE writes it into the log. */
  readonly spoken: string
}

const conflict = (list: 'delete' | 'revert', name: string) =>
  raiseParam({ [list]: `you can't use '-${name}' and -${list} ${name}' at the same time` })

const parse = (call: Call): Change => {
  const settings = settingsOf(call)
  const spoken = Object.keys(call.params)
    .filter((name) => !['node', 'vmid', 'digest', 'background_delay'].includes(name))
    .sort()
    .map((name) => `-${name} ${name === 'cipassword' ? '<hidden>' : call.params[name]}`)
    .join(' ')
  checkSshKeys(settings)
  if (call.flag('skiplock') && !call.isRoot()) raiseParam({ skiplock: 'Only root may use this option.' })
  if (!call.text('delete') && !call.text('revert') && Object.keys(settings).length === 0) raise('no options specified')
  const reverted = call.list('revert')
  for (const name of reverted) {
    if (!isOption(name)) raiseParam({ revert: `unknown option '${name}'` })
    if (settings[name] !== undefined) conflict('revert', name)
  }
  const deleted: string[] = []
  for (const given of call.list('delete')) {
    const name = given === 'cdrom' ? 'ide2' : given
    if (settings[name] !== undefined) conflict('delete', name)
    if (reverted.includes(name)) conflict('revert', name)
    if (!isOption(name)) raiseParam({ delete: `unknown option '${name}'` })
    deleted.push(name)
  }
  const digest = call.has('digest') ? call.text('digest') : undefined
  return { settings, deleted, reverted, force: call.flag('force'), skiplock: call.flag('skiplock'), digest, spoken }
}

const drivesIn = (settings: Section): Section =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => isDriveName(key)))

const checkRights = (call: Call, change: Change): void => {
  const vmid = call.vmid()
  checkModify(call, vmid, change.deleted)
  checkModify(call, vmid, Object.keys(change.settings))
  checkStorageAccess(call, vmid, drivesIn(change.settings))
  for (const key of Object.keys(change.settings))
    if (isUnusedName(key)) checkVolumeAccess(call, vmid, (change.settings[key] as string).split(',')[0] as string)
  const storage = change.settings['vmstatestorage']
  if (storage !== undefined) call.require(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  for (const key of Object.keys(change.settings)) if (isNetName(key)) checkBridge(call, change.settings[key] as string)
}

/** Reads a request's change and ends it with PVE's refusal where it is wrong or not allowed, in PVE's order. */
export const readChange = (call: Call): Change => {
  const change = parse(call)
  const drives = drivesIn(change.settings)
  checkDriveParameters(drives)
  Object.assign(change.settings, drives)
  normalizeSettings(call, change.settings)
  checkRights(call, change)
  return change
}
