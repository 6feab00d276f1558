import type { ClusterDescription } from './description.ts'

type Shape = 'string' | 'number' | 'boolean' | 'object' | 'value' | readonly ['list', Fields] | readonly ['list']
type Fields = Readonly<Record<string, readonly [Shape, 'needed' | 'optional']>>

const NODE: Fields = {
  name: ['string', 'needed'],
  ip: ['string', 'optional'],
  online: ['boolean', 'optional'],
  cpus: ['number', 'optional'],
  memory: ['number', 'optional'],
  fingerprint: ['string', 'optional'],
  clock_skew: ['number', 'optional'],
  network: [['list'], 'optional'],
  facts: ['object', 'optional'],
}
const VOLUME: Fields = {
  volid: ['string', 'needed'],
  node: ['string', 'optional'],
  content: ['string', 'needed'],
  format: ['string', 'optional'],
  size: ['number', 'needed'],
  used: ['number', 'optional'],
  vmid: ['number', 'optional'],
  ctime: ['number', 'optional'],
  parent: ['string', 'optional'],
  notes: ['string', 'optional'],
  protected: ['boolean', 'optional'],
  executable: ['boolean', 'optional'],
}
const STORAGE: Fields = {
  storage: ['string', 'needed'],
  type: ['string', 'needed'],
  options: ['object', 'optional'],
  total: ['number', 'optional'],
  used: ['number', 'optional'],
  volumes: [['list', VOLUME], 'optional'],
}
const SNAPSHOT: Fields = { name: ['string', 'needed'], config: ['object', 'needed'] }
const PENDING: Fields = { key: ['string', 'needed'], pending: ['value', 'optional'], delete: ['number', 'optional'] }
const GUEST: Fields = {
  vmid: ['number', 'needed'],
  type: ['string', 'needed'],
  node: ['string', 'needed'],
  status: ['string', 'optional'],
  answers_unplug: ['boolean', 'optional'],
  pool: ['string', 'optional'],
  config: ['object', 'needed'],
  pending: [['list', PENDING], 'optional'],
  snapshots: [['list', SNAPSHOT], 'optional'],
  digest: ['string', 'optional'],
}
const POOL: Fields = { poolid: ['string', 'needed'], comment: ['string', 'optional'], storages: [['list'], 'optional'] }
const CLUSTER: Fields = {
  name: ['string', 'optional'],
  version: ['object', 'optional'],
  options: ['object', 'optional'],
  nodes: [['list', NODE], 'needed'],
  storages: [['list', STORAGE], 'optional'],
  pools: [['list', POOL], 'optional'],
  guests: [['list', GUEST], 'optional'],
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const checkShape = (value: unknown, shape: Shape, at: string): readonly string[] => {
  if (typeof shape !== 'string') {
    if (!Array.isArray(value)) return [`${at}: a list is needed`]
    const fields = shape[1]
    return fields === undefined ? [] : value.flatMap((each, index) => checkFields(each, fields, `${at}[${index}]`))
  }
  if (shape === 'object') return isObject(value) ? [] : [`${at}: a map is needed`]
  if (shape === 'value') return typeof value === 'object' ? [`${at}: a plain value is needed`] : []
  return typeof value === shape ? [] : [`${at}: a ${shape} is needed`]
}

const checkFields = (value: unknown, fields: Fields, at: string): readonly string[] => {
  if (!isObject(value)) return [`${at === '' ? 'the description' : at}: a map is needed`]
  const path = (key: string): string => (at === '' ? key : `${at}.${key}`)
  const unknown = Object.keys(value).filter((key) => fields[key] === undefined)
  return [
    ...unknown.map((key) => `${path(key)}: there is no such key; there are ${Object.keys(fields).join(', ')}`),
    ...Object.entries(fields).flatMap(([key, [shape, need]]) => {
      if (value[key] !== undefined) return checkShape(value[key], shape, path(key))
      return need === 'needed' ? [`${path(key)}: is missing`] : []
    }),
  ]
}

const checkNames = (description: ClusterDescription): readonly string[] => {
  const nodes = new Set(description.nodes.map(({ name }) => name))
  const guests = description.guests ?? []
  const seen = new Set<number>()
  const twice = guests.filter(({ vmid }) => seen.has(vmid) || !seen.add(vmid))
  return [
    ...(nodes.size === 0 ? ['nodes: at least one is needed'] : []),
    ...twice.map(({ vmid }) => `guests: ${vmid} is there twice`),
    ...guests
      .filter(({ node }) => !nodes.has(node))
      .map(({ vmid, node }) => `guests: ${vmid} is on '${node}', which is no node`),
    ...guests
      .filter(({ type }) => type !== 'qemu' && type !== 'lxc')
      .map(({ vmid, type }) => `guests: ${vmid} is of type '${type}'; there are qemu and lxc`),
  ]
}

/** Reads a cluster's description; otherwise all that is wrong with it, one text for each. */
export const parseDescription = (value: unknown): ClusterDescription | readonly string[] => {
  const problems = checkFields(value, CLUSTER, '')
  if (problems.length > 0) return problems
  const description = value as ClusterDescription
  const more = checkNames(description)
  return more.length > 0 ? more : description
}
