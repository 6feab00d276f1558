import { attributeName } from '../../kinds/attribute-name.ts'
import { kindOfType } from '../../kinds/registry.ts'
import type { Change } from '../../resource/change.ts'
import { type GuestRef, guestPath } from '../../resource/guest.ts'
import type { ApiRequest } from '../../resource/request.ts'
import { lacksOf, type Reversal } from '../../resource/reversal.ts'
import type { Step } from '../plan.ts'
import { volumeIn } from './foreign-volumes.ts'
import { configPath } from './guest-state.ts'

/** Drives in a list of writes: those that are written again with the volume they have by then, and those that are left as they are. */
interface Drives {
  readonly renamed: ReadonlyMap<string, string>
  readonly left: ReadonlySet<string>
}

const deletedBy = ({ params }: ApiRequest): readonly string[] => String(params?.['delete'] ?? '').split(',')

const drivesOf = (guest: GuestRef, writes: readonly ApiRequest[], lacks: readonly string[] | 'unknown'): Drives => {
  const kind = kindOfType(guest.type)
  const renamed = new Map<string, string>()
  const left = new Set<string>()
  for (const key of new Set(writes.flatMap(({ params = {} }) => Object.keys(params)))) {
    const texts = writes.flatMap(({ params }) => (typeof params?.[key] === 'string' ? [params[key]] : []))
    const volumes = new Set(texts.flatMap((text) => volumeIn(kind, key, text) ?? []))
    const [volume] = volumes
    const isGone = lacks === 'unknown' ? volume !== undefined : lacks.includes(key)
    const changes = volumes.size > 1 || (volume !== undefined && writes.some((write) => deletedBy(write).includes(key)))
    if (isGone || changes) left.add(key)
    else if (volume !== undefined) renamed.set(key, volume)
  }
  return { renamed, left }
}

const readVolume = (guest: GuestRef, key: string): ApiRequest => ({
  method: 'GET',
  path: `${guestPath(guest)}/pending`,
  output: { name: key, where: { key }, take: 'value', until: ',' },
})

/** What follows the volume in a drive's text. */
const optionsOf = (text: string, volume: string): string =>
  text
    .split(',')
    .filter((part) => part !== volume && !part.endsWith(`=${volume}`))
    .map((part) => `,${part}`)
    .join('')

const rewritten = (step: Step, write: ApiRequest, { renamed, left }: Drives): readonly ApiRequest[] => {
  const { delete: _deleted, ...texts } = write.params ?? {}
  const deleted = deletedBy(write).filter((key) => key !== '' && !left.has(key))
  const set = Object.entries(texts)
    .filter(([key]) => !left.has(key))
    .map(([key, text]) => {
      const volume = renamed.get(key)
      if (volume === undefined) return [key, text] as const
      return [key, { fromStep: step.id, output: key, suffix: optionsOf(String(text), volume) }] as const
    })
  const params = { ...Object.fromEntries(set), ...(deleted.length > 0 && { delete: deleted.join(',') }) }
  return Object.keys(params).length > 0 ? [{ ...write, params }] : []
}

/**
 * How a guest's shutdown is undone once the guest has come back from its backup. Proxmox VE gives its volumes other names then: a drive's options
 * are written again beside the volume that is in its slot by then, and a recorded name never is. Drives that the backup lacks, and changes that
 * would have put another volume in the slot, stay as they came back.
 */
export const afterRestore = (step: Step, restored: Reversal): Step => {
  const { guest, reversal } = step
  if (step.action !== 'stop' || reversal.by !== 'requests' || !guest) return step
  const isWrite = ({ method, path }: ApiRequest) => method === 'PUT' && path === configPath(guest)
  const drives = drivesOf(guest, reversal.requests.filter(isWrite), lacksOf(restored))
  const writes = reversal.requests.flatMap((request) =>
    isWrite(request) ? rewritten(step, request, drives) : [request],
  )
  const reads = [...drives.renamed.keys()].sort().map((key) => readVolume(guest, key))
  return { ...step, reversal: { ...reversal, requests: [...reads, ...writes] } }
}

/** How a step's guest comes back, where one of these steps destroys it with a backup. */
export const restoredLater = (steps: readonly Step[], { guest }: Step): Reversal | undefined =>
  guest
    ? steps.find((other) => other.guest?.vmid === guest.vmid && other.reversal.by === 'backup')?.reversal
    : undefined

/** A change that brings a guest back from its backup, without what the backup lacks. */
export const withoutLacking = (change: Change, guest: GuestRef | undefined, restored: Reversal | undefined): Change => {
  const lacks = restored === undefined ? [] : lacksOf(restored)
  if (!guest || lacks === 'unknown' || lacks.length === 0) return change
  const names = lacks.map((key) => attributeName(kindOfType(guest.type), key))
  const isLacking = (name: string) => names.some((lacking) => name === lacking || name.startsWith(`${lacking}.`))
  return {
    ...change,
    attributes: change.attributes.filter(({ name, before }) => before !== undefined || !isLacking(name)),
  }
}
