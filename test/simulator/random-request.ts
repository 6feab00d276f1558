import { facts, type Schema } from '../../src/simulator/api/facts.ts'
import { routes } from '../../src/simulator/routes.ts'

export type RandomRequest = {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly json: boolean
}

/** A seeded source of whole numbers below a limit. */
export const dice = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Roll = ReturnType<typeof dice>

const one = <T>(roll: Roll, values: readonly T[]): T => values[roll(values.length)] as T

const ODD = [
  '',
  '0',
  '1',
  '-1',
  'x',
  'ä€',
  '%',
  "'",
  '../..',
  'a,b;c d',
  '9'.repeat(40),
  'net0=1',
  'local:1',
  'none',
  '\n#x\n',
  'a'.repeat(3000),
  '{}',
]

const USUAL: Readonly<Record<string, readonly string[]>> = {
  node: ['pve1', 'pve2', 'pve3', 'pve9', 'localhost'],
  vmid: ['101', '102', '103', '200', '201', '9000', '777', '99', 'x'],
  newid: ['301', '302', '101'],
  storage: ['local', 'local-lvm', 'tank', 'nope'],
  userid: ['rnd@pve', 'other@pve', 'x'],
  tokenid: ['t1', 't2'],
  poolid: ['prod', 'rnd', 'rnd/sub'],
  group: ['rnd', 'grp'],
  groupid: ['rnd'],
  roleid: ['Rnd', 'PVEAdmin'],
  realm: ['pve', 'pam', 'ldap1'],
  snapname: ['one', 'two', 'current', 'a'],
  name: ['rnd', 'other'],
  sid: ['vm:101', 'ct:200', '101', 'vm:1'],
  rule: ['r1', 'r2'],
  zone: ['z1', 'z2'],
  vnet: ['v1', 'v2'],
  pos: ['0', '1', '7'],
  iface: ['vmbr0', 'vmbr7'],
  disk: ['scsi0', 'rootfs', 'unused0', 'ide2'],
  size: ['+1G', '40G', '1'],
  delete: ['cores', 'scsi0', 'nosuch', 'net0,tags'],
  scsi0: ['local-lvm:1', 'local-lvm:4,discard=on', 'none'],
  net0: ['virtio,bridge=vmbr0', 'name=eth0,bridge=vmbr0,ip=dhcp'],
}

const sample = (roll: Roll, name: string, schema: Schema): unknown => {
  if (roll(6) === 0) return one(roll, ODD)
  const usual = USUAL[name]
  if (usual !== undefined) return one(roll, usual)
  if (Array.isArray(schema.enum)) return one(roll, schema.enum)
  if (schema.type === 'boolean') return roll(2)
  if (schema.type === 'integer' || schema.type === 'number') return Number(schema.minimum ?? 0) + roll(200)
  if (schema.type === 'array') return [one(roll, ODD), 'x']
  return one(roll, ['rnd', 'abc', 'a=b', '1', ...ODD])
}

const served = Object.keys(routes)

const paramsOf = (roll: Roll, key: string, inPath: readonly string[]): Record<string, unknown> => {
  const params: Record<string, unknown> = {}
  for (const [spelled, schema] of Object.entries(facts[key]?.parameters?.properties ?? {})) {
    const name = spelled.replace('[n]', String(roll(3)))
    if (inPath.includes(name)) continue
    if (roll(schema.optional ? 8 : 12) === 0 || (!schema.optional && roll(10) > 0))
      params[name] = sample(roll, name, schema)
  }
  if (roll(12) === 0) params[one(roll, ['nosuch', '__proto__', 'constructor', 'digest', ''])] = one(roll, ODD)
  return params
}

/** The next random request: mostly to methods that are served, with parameters that are nearly right. */
export const randomRequest = (roll: Roll): RandomRequest => {
  const key = one(roll, served)
  const [verb = 'GET', template = ''] = key.split(' ')
  const inPath: string[] = []
  const path = template.replace(/\{([\w-]+)\}/g, (_, name: string) => {
    inPath.push(name)
    return encodeURIComponent(String(roll(15) === 0 ? one(roll, ODD) : one(roll, USUAL[name] ?? ['rnd', 'x1'])))
  })
  const method = roll(25) === 0 ? one(roll, ['GET', 'POST', 'PUT', 'DELETE']) : verb
  return {
    method,
    path: roll(60) === 0 ? `${path}/nosuch` : path,
    params: paramsOf(roll, key, inPath),
    json: roll(10) === 0,
  }
}
