import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { facts } from '../api/facts.ts'
import { splitList } from '../schema/check.ts'
import type { World } from '../state/world.ts'

const schemas = facts['PUT /cluster/options']?.parameters?.properties ?? {}

/** Options that PVE keeps as text although they are written as `key=value`. */
const AS_TEXT = new Set([
  'bwlimit',
  'mac_prefix',
  'description',
  'email_from',
  'http_proxy',
  'keyboard',
  'language',
  'console',
  'fencing',
])

const pairs = (text: string, first: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((part) => part !== '')
      .map((part) => (part.includes('=') ? [part.replace(/=.*/, ''), part.replace(/^[^=]*=/, '')] : [first, part])),
  )

const defaultKey = (name: string): string => {
  const format = schemas[name]?.format
  if (typeof format !== 'object') return 'type'
  return Object.entries(format).find(([, schema]) => schema.default_key === 1)?.[0] ?? 'type'
}

const shownValue = (name: string, value: string): unknown => {
  if (name === 'registered-tags') return splitList(value)
  if (AS_TEXT.has(name)) return name === 'description' && value !== '' ? `${value}\n` : value
  if (name === 'crs')
    return Object.fromEntries(
      Object.entries(pairs(value, 'ha')).map(([key, text]) => [key, /^\d+$/.test(text) ? Number(text) : text]),
    )
  if (value.includes('=') || typeof schemas[name]?.format === 'object') return pairs(value, defaultKey(name))
  return /^(?:boolean|integer)$/.test(schemas[name]?.type ?? '') ? Number(value) : value
}

/** Tags a caller may give: those on guests it sees, and the registered ones. */
const allowedTags = (call: Call): readonly string[] => {
  const tags = new Set(splitList(call.world.options['registered-tags'] ?? ''))
  for (const { vmid, config } of call.world.guests.values()) {
    if (config['tags'] === undefined || !call.allowed(`/vms/${vmid}`, ['VM.Audit'])) continue
    for (const tag of splitList(config['tags'])) tags.add(tag)
  }
  return [...tags].sort()
}

/** What everyone may read; the rest needs Sys.Audit on /. */
const PUBLIC = new Set(['console', 'consent-text', 'tag-style', 'mac_prefix', 'description'])

const read = (call: Call): Record<string, unknown> => {
  const all = { mac_prefix: 'BC:24:11', description: '', ...call.world.options }
  const full = call.allowed('/', ['Sys.Audit'])
  const seen = Object.entries(all).filter(([name]) => full || PUBLIC.has(name))
  return {
    ...Object.fromEntries(seen.map(([name, value]) => [name, shownValue(name, value)])),
    'allowed-tags': allowedTags(call),
  }
}

/** The range in which the next free id is looked for. */
export const idRange = (world: World): { readonly lower: number; readonly upper: number } => {
  const { lower = '100', upper = '1000000' } = pairs(world.options['next-id'] ?? '', 'lower')
  return { lower: Number(lower), upper: Number(upper) }
}

const write = (call: Call): null => {
  const { options } = call.world
  if (call.has('next-id')) {
    const { lower = '100', upper = '1000000' } = pairs(call.text('next-id'), 'lower')
    if (Number(lower) > Number(upper)) raise(`lower (${lower}) <= upper (${upper}) boundary rule broken`)
  }
  for (const name of call.list('delete')) delete options[name]
  for (const [name, value] of Object.entries(call.params)) {
    if (name === 'crs' && value === '') delete options[name]
    else if (name !== 'delete') options[name] = value
  }
  return null
}

/** PVE API: /cluster/options. */
export const optionRoutes: RouteTable = {
  'GET /cluster/options': read,
  'PUT /cluster/options': write,
}
