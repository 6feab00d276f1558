import type { GuestFacts, VolumeFacts, WorldFacts } from '../../src/simulator/fact/world-facts.ts'

/** What no request can bring back, because PVE makes it anew each time: left out of a comparison. */
const RENEWED = /^(?:vmgenid|meta|snaptime|digest)$/

/** Volumes are named by PVE; what counts is what they hold. Options of a device have no order. */
const withContents = (text: string, tokens: ReadonlyMap<string, string>): string => {
  const [first = '', ...options] = text.split(',')
  const token = tokens.get(first)
  return [token === undefined ? first : `<${token}>`, ...options.sort()].join(',')
}

const section = (config: Readonly<Record<string, string>>, tokens: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !RENEWED.test(key))
      .map(([key, text]) => [key, withContents(text, tokens)]),
  )

/** All that the facts tell of a guest, comparable field by field. */
export type ComparableGuest = Omit<GuestFacts, 'cloudinit' | 'poolComment'> & {
  /** What each of its volumes holds, its size, and the same at each snapshot; by content. */
  readonly volumes: readonly string[]
}

export interface Comparable {
  readonly guests: Readonly<Record<string, ComparableGuest>>
  readonly pools: Readonly<Record<string, string>>
  /** Volumes whose VMID no guest has. */
  readonly orphans: readonly string[]
  readonly acl: readonly string[]
  readonly archives: readonly string[]
  /** How often each content is there. */
  readonly contents: readonly string[]
}

const heldBy = ({ token, size, snapshots }: VolumeFacts): string =>
  [`${token} ${size}`, ...Object.entries(snapshots).map(([name, at]) => `${name}: ${at.token} ${at.size}`)].join(', ')

const guestOf = (
  { cloudinit: _, poolComment: __, ...guest }: GuestFacts,
  tokens: ReadonlyMap<string, string>,
  volumes: readonly VolumeFacts[],
): ComparableGuest => ({
  ...guest,
  config: section(guest.config, tokens),
  pending: section(guest.pending, tokens),
  snapshots: Object.fromEntries(Object.entries(guest.snapshots).map(([name, at]) => [name, section(at, tokens)])),
  volumes: volumes.map(heldBy).sort(),
})

/**
 * The cluster, as far as it must be the same again after everything was undone. Archives may have come; what the cloud-init drive was
 * written with changes whenever it is written anew.
 */
export const comparable = ({ guests, volumes, pools, acl, archives }: WorldFacts): Comparable => {
  const all = Object.values(volumes)
  const tokens = new Map(all.map(({ volid, token }) => [volid, token]))
  const ownedBy = (vmid: number) => all.filter(({ owner }) => owner === vmid)
  const vmids = new Set(Object.keys(guests).map((name) => Number(name.split('/')[1])))
  return {
    guests: Object.fromEntries(
      Object.entries(guests).map(([name, guest]) => [
        name,
        guestOf(guest, tokens, ownedBy(Number(name.split('/')[1]))),
      ]),
    ),
    pools: Object.fromEntries(
      Object.entries(pools).map(([name, pool]) => [name, JSON.stringify([pool.comment, pool.storages])]),
    ),
    orphans: all
      .filter(({ owner }) => owner === null || !vmids.has(owner))
      .map((volume) => `${volume.volid}: ${heldBy(volume)}`)
      .sort(),
    acl: acl.map((entry) => JSON.stringify(entry)).sort(),
    // Their names hold the time.
    archives: Object.keys(archives).map((name) => name.replace(/\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/, 'time')),
    contents: all.map(({ token }) => token).sort(),
  }
}

const parts = (value: unknown, path: string): readonly (readonly [string, string])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => parts(inner, path === '' ? key : `${path} ${key}`))
    : [[path, JSON.stringify(value)]]

/** PVE notes the size of a volume when it attaches it, so a text that lacks one names no other volume for that. */
const sameText = (a: string | undefined, b: string | undefined): boolean => {
  if (a === b || a === undefined || b === undefined) return a === b
  const without = (text: string) => text.replace(/,size=[^,"]*/, '')
  return /,size=/.test(a) !== /,size=/.test(b) && without(a) === without(b)
}

/** What differs, a line each: `qemu/101 config cores: "2" → "4"`. */
export const differences = (before: Comparable, after: Comparable): readonly string[] => {
  const lines = ({ guests, pools, orphans, acl, archives }: Comparable) =>
    new Map([
      ...parts(guests, ''),
      ...parts(pools, 'pool'),
      ...orphans.map((line) => [`volume ${line}`, 'there'] as const),
      ...acl.map((line) => [`right ${line}`, 'there'] as const),
      // Archives may have come.
      ...archives.filter((name) => before.archives.includes(name)).map((name) => [`archive ${name}`, 'there'] as const),
    ])
  const [was, is] = [lines(before), lines(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => !sameText(was.get(path), is.get(path)))
    .sort()
    .map((path) => `${path}: ${was.get(path) ?? 'nothing'} → ${is.get(path) ?? 'nothing'}`)
}
