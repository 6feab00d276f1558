import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source-range.ts'
import type { ObservedGuest } from '../resource/observed.ts'
import type { ApiRequest, RequestParam } from '../resource/request.ts'
import { counted } from '../util/counted.ts'
import type { Step } from './plan.ts'

const NAMED = ['name', 'tag', 'pool', 'node'] as const

/** Which guests an entry of `protect` means; a word without a prefix means whatever bears it. */
type Meaning =
  | { readonly by: 'vmid'; readonly first: number; readonly last: number }
  | { readonly by: (typeof NAMED)[number] | 'any'; readonly word: string }

export interface ProtectRule {
  /** As it is written in the settings. */
  readonly text: string
  readonly meaning: Meaning
  readonly range: SourceRange | undefined
}

/** Rules of the workspace that no plan may break, with the place of each. */
export interface Guards {
  readonly readOnly?: { readonly range: SourceRange | undefined }
  readonly protect: readonly ProtectRule[]
  readonly maxDestroy?: { readonly most: number; readonly range: SourceRange | undefined }
}

export const NO_GUARDS: Guards = { protect: [] }

const WORD = /^\w[\w.+/-]*$/

/** What an entry of `protect` means: `101`, `200-299`, `tag:prod`, `prod`. Undefined when it can mean nothing. */
export const parseProtected = (text: string): Meaning | undefined => {
  const [, prefix = '', rest = ''] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? []
  const numbers = /^(\d{3,9})(?:\s*-\s*(\d{3,9}))?$/.exec(rest)
  if (numbers && (prefix === '' || prefix === 'vmid')) {
    const [first, last] = [Number(numbers[1]), Number(numbers[2] ?? numbers[1])]
    return first >= 100 && first <= last ? { by: 'vmid', first, last } : undefined
  }
  const by = prefix === '' ? 'any' : NAMED.find((name) => name === prefix)
  // A number that is no VMID is a slip of the pen; a guest that is called so is meant with name:.
  return by === undefined || !WORD.test(rest) || (by === 'any' && /^[\d.-]+$/.test(rest))
    ? undefined
    : { by, word: rest }
}

type Facts = Pick<ObservedGuest, 'vmid' | 'name' | 'node' | 'pool' | 'current' | 'pending'>

const tagsOf = ({ current, pending }: Facts): readonly string[] =>
  `${current['tags'] ?? ''};${pending['tags']?.value ?? ''}`.toLowerCase().split(/[;,\s]+/)

/** A pool protects what lies in the pools below it, too. */
const isInPool = (pool: string | undefined, word: string): boolean =>
  pool !== undefined && (pool === word || pool.startsWith(`${word}/`))

/** Whether a rule is about a guest. Tags are compared as PVE shows them by default, without regard to case. */
const protects = ({ meaning }: ProtectRule, guest: Facts): boolean => {
  if (meaning.by === 'vmid') return guest.vmid >= meaning.first && guest.vmid <= meaning.last
  const { by, word } = meaning
  const holds = {
    name: () => guest.name === word,
    tag: () => tagsOf(guest).includes(word.toLowerCase()),
    pool: () => isInPool(guest.pool, word),
    node: () => guest.node === word,
  }
  return by === 'any' ? NAMED.some((one) => holds[one]()) : holds[by]()
}

/** Whether a rule is about this VMID, also where the guest has not been seen yet. */
export const namesGuest = (rule: ProtectRule, vmid: number, guests: readonly Facts[]): boolean => {
  const guest = guests.find((one) => one.vmid === vmid)
  if (guest) return protects(rule, guest)
  const { meaning } = rule
  return meaning.by === 'vmid' && vmid >= meaning.first && vmid <= meaning.last
}

const isPoolRule = ({ meaning }: ProtectRule, poolid: string): boolean =>
  (meaning.by === 'pool' || meaning.by === 'any') && isInPool(poolid, meaning.word)

type Writing = Pick<Step, 'address' | 'summary' | 'requests' | 'guest' | 'action'>

const writesOf = ({ requests }: Writing): readonly ApiRequest[] => requests.filter(({ method }) => method !== 'GET')

const GUEST_PATH = /^\/nodes\/[^/]+\/(?:qemu|lxc)\/(\d+)(\/clone)?/
const VOLUME_PATH = /\/content\/.*\b(?:vm|base|subvol|basevol)-(\d+)-/

const numbersIn = (value: RequestParam | undefined): readonly number[] =>
  typeof value === 'object' || value === undefined ? [] : (String(value).match(/\d+/g) ?? []).map(Number)

const changedBy = ({ path, params = {} }: ApiRequest): readonly number[] => {
  const [, guest, clone] = GUEST_PATH.exec(path) ?? []
  const volume = VOLUME_PATH.exec(decodeURIComponent(path))?.[1]
  return [
    // The guest that is cloned stays as it is.
    ...(guest === undefined || clone !== undefined ? [] : [Number(guest)]),
    ...(volume === undefined ? [] : [Number(volume)]),
    ...numbersIn(params['target-vmid']),
    ...(path.startsWith('/pools') ? numbersIn(params['vms']) : []),
  ]
}

/** VMIDs of the guests that a step changes on the server. */
export const vmidsChangedBy = (step: Writing): ReadonlySet<number> => {
  const writes = writesOf(step)
  return new Set([...(step.guest && writes.length > 0 ? [step.guest.vmid] : []), ...writes.flatMap(changedBy)])
}

const poolsChangedBy = (step: Writing): readonly string[] =>
  writesOf(step).flatMap(({ method, path, params = {} }) =>
    path === '/pools' && method !== 'POST' && params['vms'] === undefined ? [String(params['poolid'])] : [],
  )

/** VMIDs of the guests that come to be by these steps: what happens to them is nobody else's loss. */
export const madeBy = (steps: readonly Writing[]): ReadonlySet<number> => {
  const first = new Map<number, Writing>()
  for (const step of steps) for (const vmid of vmidsChangedBy(step)) if (!first.has(vmid)) first.set(vmid, step)
  return new Set(
    [...first].flatMap(([vmid, step]) => (step.action === 'create' && step.guest?.vmid === vmid ? [vmid] : [])),
  )
}

const isDestruction = ({ method, path }: ApiRequest): boolean =>
  method === 'DELETE' && /^\/nodes\/[^/]+\/(?:qemu|lxc)\/\d+$/.test(path)

const MOST_NAMED = 20

const listed = (lines: readonly string[]): string =>
  [
    ...lines.slice(0, MOST_NAMED),
    ...(lines.length > MOST_NAMED ? [`- and ${lines.length - MOST_NAMED} more`] : []),
  ].join('\n')

const label = (step: Writing, guest: Facts): string =>
  `- ${guest.name === '' ? '' : `${guest.name} `}(${guest.vmid}) on ${guest.node}: ${step.address}: ${step.summary}`

const brokenRule = (
  rule: ProtectRule,
  steps: readonly Writing[],
  guests: ReadonlyMap<number, Facts>,
): readonly Diagnostic[] => {
  const lines = steps.flatMap((step) => [
    ...[...vmidsChangedBy(step)].flatMap((vmid) => {
      const guest = guests.get(vmid)
      return guest && protects(rule, guest) ? [label(step, guest)] : []
    }),
    ...poolsChangedBy(step).flatMap((pool) =>
      isPoolRule(rule, pool) ? [`- pool ${pool}: ${step.address}: ${step.summary}`] : [],
    ),
  ])
  if (lines.length === 0) return []
  return [
    diagnose('project.guarded', {
      detail: `"${rule.text}" stands under "protect" in the settings of this workspace, and these steps would change what it protects:\n${listed(lines)}\nNothing was changed. If the change is meant, take the entry away first; otherwise leave these resources as they are, with --exclude where you plan.`,
      range: rule.range,
    }),
  ]
}

const tooManyDestroyed = ({ maxDestroy }: Guards, steps: readonly Writing[]): readonly Diagnostic[] => {
  const destroying = steps.filter((step) => writesOf(step).some(isDestruction))
  if (!maxDestroy || destroying.length <= maxDestroy.most) return []
  return [
    diagnose('project.too-many-destroyed', {
      detail: `"max_destroy" in the settings of this workspace allows ${maxDestroy.most === 0 ? 'no guest' : counted(maxDestroy.most, 'guest')} to be destroyed at once, and ${counted(destroying.length, 'guest')} would be:\n${listed(destroying.map(({ address, guest }) => `- ${address}${guest ? ` (${guest.vmid})` : ''}`))}\nNothing was changed. Destroy fewer at a time, with --target or --exclude; or, if all are to go, raise the number first. --allow-destroy does not lift this limit.`,
      range: maxDestroy.range,
    }),
  ]
}

export const readOnlyProblem = ({ readOnly }: Guards): Diagnostic | undefined =>
  readOnly &&
  diagnose('project.read-only', {
    detail:
      '"read_only" is set in the settings of this workspace: mpc reads the cluster, plans, and sends nothing that changes it. Nothing was changed. Take the setting away to carry plans out.',
    range: readOnly.range,
  })

/**
 * Every rule of the workspace that these steps would break, all at once. Guests that are not there yet break none: a rule protects what there is.
 * `except`: guests that are left out of account.
 */
export const guardProblems = (
  guards: Guards,
  steps: readonly Writing[],
  guests: readonly Facts[],
  except: ReadonlySet<number> = new Set(),
): readonly Diagnostic[] => {
  if (steps.length === 0) return []
  const own = new Map(guests.filter(({ vmid }) => !except.has(vmid)).map((guest) => [guest.vmid as number, guest]))
  const readOnly = readOnlyProblem(guards)
  return [
    ...(readOnly ? [readOnly] : []),
    ...guards.protect.flatMap((rule) => brokenRule(rule, steps, own)),
    ...tooManyDestroyed(guards, steps),
  ]
}
