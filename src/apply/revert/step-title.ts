import { kindOfType } from '../../kinds/registry.ts'
import type { Step } from '../../plan/plan.ts'
import type { GuestRef } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { effectOf, guestOfPath } from '../effect/request-effect.ts'

/** More would not fit a line. */
const MOST_PARTS = 3

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
const listed = (value: unknown): readonly string[] =>
  text(value)
    .split(/[,; ]+/)
    .filter(Boolean)
const labelOf = ({ type, vmid }: GuestRef): string => `${kindOfType(type).label} ${vmid}`

const VERBS: Readonly<Record<string, string>> = { shutdown: 'shut down', suspend: 'pause' }

/** Parameters of PUT config that name keys or say how, and set nothing themselves. */
const HOW = new Set(['delete', 'revert', 'digest', 'force', 'skiplock', 'background_delay', 'import-working-storage'])

const configTitles = ({ params = {} }: ApiRequest): readonly string[] => {
  const set = Object.keys(params).filter((key) => !HOW.has(key))
  const [unset, withdrawn] = [listed(params['delete']), listed(params['revert'])]
  return [
    ...(set.length > 0 ? [`set ${set.sort().join(', ')}`] : []),
    ...(unset.length > 0 ? [`remove ${[...unset].sort().join(', ')}`] : []),
    ...(withdrawn.length > 0 ? [`withdraw the pending change of ${[...withdrawn].sort().join(', ')}`] : []),
  ]
}

const guestTitles = (guest: GuestRef, rest: string, request: ApiRequest): readonly string[] => {
  const { params = {} } = request
  const disk = text(params['disk'] ?? params['volume'])
  const snapshot = /^snapshot\/([^/]+)\/rollback$/.exec(rest)?.[1]
  if (snapshot !== undefined) return [`roll back to snapshot ${decodeURIComponent(snapshot)}`]
  if (rest === 'config') return configTitles(request)
  if (rest === 'resize') return [`resize ${disk} to ${text(params['size'])}`]
  if (rest === kindOfType(guest.type).volumeMove.call) return [`move ${disk} to ${text(params['storage'])}`]
  return rest === 'template' ? [`convert ${labelOf(guest)} to a template`] : []
}

const madeTitle = (guest: GuestRef, { path, params = {} }: ApiRequest): string => {
  if (path.endsWith('/clone')) return `clone it as ${labelOf(guest)}`
  const isRestored = params['archive'] !== undefined || params['restore'] !== undefined
  return isRestored ? `restore ${labelOf(guest)} from its backup` : `create ${labelOf(guest)}`
}

const titlesOf = (request: ApiRequest): readonly string[] => {
  if (request.method === 'GET') return []
  const effect = effectOf(request)
  switch (effect.kind) {
    case 'guest-made':
      return [madeTitle(effect.guest, request)]
    case 'guest-gone':
      return [`destroy ${labelOf(effect.guest)}`]
    case 'config':
      return guestTitles(effect.guest, guestOfPath(request.path)?.rest ?? '', request)
    case 'snapshot':
      return [`${effect.present ? 'take' : 'delete'} snapshot ${effect.name}`]
    case 'power': {
      const call = request.path.slice(request.path.lastIndexOf('/') + 1)
      return [`${VERBS[call] ?? call} ${labelOf(effect.guest)}`]
    }
    case 'moved':
      return [`migrate ${labelOf(effect.guest)} to ${effect.node}`]
    case 'pool':
      return [`${effect.present ? 'create' : 'delete'} pool ${effect.poolid}`]
    case 'pool-comment':
      return [`set the comment of pool ${effect.poolid}`]
    case 'membership':
      return effect.present
        ? [`put ${effect.vmids.join(', ')} into pool ${effect.poolid}`]
        : [`take ${effect.vmids.join(', ')} out of pool ${effect.poolid}`]
    case 'grant':
      return [`${effect.present ? 'grant' : 'revoke'} ${effect.role} on ${effect.path}`]
    case 'backup':
      return [`back up guest ${effect.filed.vmid} to ${effect.storage}`]
    case 'volume-gone':
      return [effect.volume.startsWith('{') ? 'delete the backup' : `delete ${effect.volume}`]
    case 'other':
      return []
  }
}

/** A step of a revert says what it does, by its requests; one that sends none undoes what mpc remembers, in the words of the step it undoes. */
export const titleOfUndoing = (requests: readonly ApiRequest[], step: Step): string => {
  const titles = [...new Set(requests.flatMap(titlesOf))]
  if (titles.length === 0) return `undo: ${step.summary.replace(/^undo: /, '')}`
  const more = titles.length - MOST_PARTS
  return more > 0 ? `${titles.slice(0, MOST_PARTS).join(', ')} and ${more} more` : titles.join(', ')
}
