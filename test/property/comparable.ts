import type { GuestFacts, WorldFacts } from '../../src/simulator/fact/world-facts.ts'

/** What no request can bring back, because PVE makes it anew each time: left out of a comparison. */
const RENEWED = /^(?:vmgenid|meta|snaptime|digest)$/

/** Volumes are named by PVE; what counts is what they hold. */
const withContents = (text: string, tokens: ReadonlyMap<string, string>): string =>
  text.replace(/^[^,]+/, (volid) => {
    const token = tokens.get(volid)
    return token === undefined ? volid : `<${token}>`
  })

const section = (config: Readonly<Record<string, string>>, tokens: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !RENEWED.test(key))
      .map(([key, text]) => [key, withContents(text, tokens)]),
  )

export interface ComparableGuest {
  readonly node: string
  readonly power: string
  readonly config: Readonly<Record<string, string>>
  readonly pending: Readonly<Record<string, string>>
  readonly pendingDelete: readonly string[]
  readonly snapshots: readonly string[]
  readonly pool: string | null
  readonly acl: string
  readonly ha: string
}

export interface Comparable {
  readonly guests: Readonly<Record<string, ComparableGuest>>
  readonly pools: Readonly<Record<string, string>>
  /** How often each content is there. */
  readonly contents: readonly string[]
}

const guestOf = (guest: GuestFacts, tokens: ReadonlyMap<string, string>): ComparableGuest => ({
  node: guest.node,
  power: guest.power,
  config: section(guest.config, tokens),
  pending: section(guest.pending, tokens),
  pendingDelete: guest.pendingDelete,
  snapshots: Object.keys(guest.snapshots),
  pool: guest.pool,
  acl: JSON.stringify(guest.acl),
  ha: JSON.stringify(guest.ha),
})

/** The cluster, as far as it must be the same again after everything was undone. Archives may have come. */
export const comparable = ({ guests, volumes, pools }: WorldFacts): Comparable => {
  const tokens = new Map(Object.values(volumes).map(({ volid, token }) => [volid, token]))
  return {
    guests: Object.fromEntries(Object.entries(guests).map(([name, guest]) => [name, guestOf(guest, tokens)])),
    pools: Object.fromEntries(
      Object.entries(pools).map(([name, pool]) => [name, JSON.stringify([pool.comment, pool.storages])]),
    ),
    contents: Object.values(volumes)
      .map(({ token }) => token)
      .sort(),
  }
}

const parts = (value: unknown, path: string): readonly (readonly [string, string])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => parts(inner, path === '' ? key : `${path} ${key}`))
    : [[path, JSON.stringify(value)]]

/** What differs, a line each: `qemu/101 config cores: "2" → "4"`. */
export const differences = (before: Comparable, after: Comparable): readonly string[] => {
  const lines = (from: Comparable) => new Map([...parts(from.guests, ''), ...parts(from.pools, 'pool')])
  const [was, is] = [lines(before), lines(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .sort()
    .map((path) => `${path}: ${was.get(path) ?? 'nothing'} → ${is.get(path) ?? 'nothing'}`)
}
