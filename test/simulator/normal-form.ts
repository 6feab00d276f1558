/** Keys whose values are times, counters, loads or digests: their presence is compared, their value is not. */
const VOLATILE =
  /^(cpu|mem|memhost|netin|netout|disk|diskread|diskwrite|uptime|pid|pressure.*|nics|maxmem|maxdisk|swap|starttime|endtime|pstart|start|snaptime|ctime|used|avail|total|used_fraction|digest|vmgenid|freemem|ballooninfo|blockstat|proxmox-support|running-qemu|running-machine|last_update|loadavg|n|seconds|expire|value-of-secret)$/

const TEXT: readonly (readonly [RegExp, string])[] = [
  [/UPID:([^:\s"]+):[0-9A-Fa-f*]+:[0-9A-Fa-f*]+:[0-9A-Fa-f*]+:/g, 'UPID:$1:*:*:*:'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|<token-secret>/gi, 'UUID'],
  [/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/gi, 'MAC'],
  [/\b[0-9a-f]{40}\b/g, 'DIGEST'],
  [/creation-qemu=[^,]+,ctime=\d+/g, 'META'],
  [/ctime=\d+/g, 'ctime=*'],
  [/\$[56]\$[^"\s]+/g, 'HASH'],
  [/PVE:[^"\s]+::[^"\s]+/g, 'TICKET'],
  [/\b1[67]\d{8}\b/g, 'TIME'],
  [/\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/g, 'STAMP'],
  [/pc-(i440fx|q35)-[\d.]+(\+pve\d+)?/g, 'pc-$1'],
]

/** A text with everything replaced that differs from run to run (task ids, UUIDs, MAC addresses, digests, times). */
export const normalText = (value: string): string =>
  TEXT.reduce((text, [pattern, put]) => text.replace(pattern, put), value)

/** Text that is equal for equal normal forms. */
export const keyOf = (value: unknown): string => JSON.stringify(value) ?? ''

const sorted = (values: readonly unknown[]): readonly unknown[] =>
  values
    .map((value) => [keyOf(value), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** An answer's body with keys and lists in order and volatile values replaced: equal for answers that are alike. */
export const normalForm = (value: unknown, key?: string): unknown => {
  if (key !== undefined && VOLATILE.test(key)) return '*'
  if (typeof value === 'string') return normalText(value)
  if (Array.isArray(value)) return sorted(value.map((entry) => normalForm(entry)))
  if (!isObject(value)) return value
  const name = value['key']
  if (typeof name === 'string' && VOLATILE.test(name)) return { key: name }
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((inner) => [inner, normalForm(value[inner], inner)]),
  )
}

/** A listing of the status daemon, which follows a write by seconds: who is there, not what is known of it yet. */
export const membersOnly = (value: unknown): unknown => {
  if (Array.isArray(value)) return sorted(value.map(membersOnly))
  if (!isObject(value)) return value
  const { id, node, type, vmid } = value
  if (typeof id === 'string' && typeof type === 'string') return { id, node, type, vmid }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, membersOnly(inner)]))
}

/** True when each entry of `wanted` is among `got`: what a recorded answer that was cut down can be held against. */
export const holdsAll = (wanted: unknown, got: unknown): boolean => {
  if (!Array.isArray(wanted) || !Array.isArray(got)) return keyOf(wanted) === keyOf(got)
  const there = new Set(got.map(keyOf))
  return wanted.every((entry) => there.has(keyOf(entry)))
}
