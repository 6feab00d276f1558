import { attributeName } from '../kinds/attribute-name.ts'
import type { GuestKind } from '../kinds/kind.ts'
import { kindOfType } from '../kinds/registry.ts'
import { isPropertyMap } from '../resource/config-value.ts'
import { isGuestType } from '../resource/guest.ts'
import type { ObservedGuest, ObservedRights } from '../resource/observed.ts'
import type { ApiRequest } from '../resource/request.ts'
import { type Plan, requiredSteps, type Step } from './plan.ts'

/** What a step sets that the server takes from root@pam only, logged in with its password. */
export interface RootOnlySettings {
  readonly names: readonly string[]
  readonly step: Pick<Step, 'address' | 'summary'>
}

/** Of several switches in one option, those that change: PVE asks about them only. */
const changedPart = (kind: GuestKind, key: string, text: string, current: string | undefined) => {
  const value = kind.decodeValue(key, text)
  const before = current === undefined ? undefined : kind.decodeValue(key, current)
  if (key !== 'features' || !isPropertyMap(value) || !isPropertyMap(before)) return value
  const names = [...new Set([...Object.keys(value), ...Object.keys(before)])]
  return Object.fromEntries(
    names.filter((name) => value[name] !== before[name]).map((name) => [name, value[name] ?? '']),
  )
}

const writtenKeys = (kind: GuestKind, { params = {} }: ApiRequest, guest: ObservedGuest | undefined) =>
  Object.entries(params).flatMap(([key, text]) => {
    if (typeof text === 'object' || text === undefined) return []
    return kind.isRootOnly(key, changedPart(kind, key, String(text), guest?.current[key])) ? [key] : []
  })

/** A volume may be taken away by anybody who may change disks, whatever it is. */
const deletedKeys = (kind: GuestKind, { params = {} }: ApiRequest, guest: ObservedGuest | undefined) =>
  String(params['delete'] ?? '')
    .split(/[,; ]+/)
    .filter((key) => {
      const text = guest?.current[key]
      if (text === undefined || kind.volumeProperty(key) !== undefined) return false
      return kind.isRootOnly(key, kind.decodeValue(key, text))
    })

const keysIn = (request: ApiRequest, guests: ReadonlyMap<number, ObservedGuest>): readonly string[] => {
  const { method, path, params } = request
  const [, type, vmid] = /^\/nodes\/[^/]+\/(qemu|lxc)(?:\/(\d+)\/config)?$/.exec(path) ?? []
  if (!isGuestType(type) || method === 'GET' || params?.['archive'] !== undefined || params?.['restore'] !== undefined)
    return []
  const kind = kindOfType(type)
  const guest = vmid === undefined ? undefined : guests.get(Number(vmid))
  return [...writtenKeys(kind, request, guest), ...deletedKeys(kind, request, guest)].map((key) =>
    attributeName(kind, key),
  )
}

/** Everything a plan sets that this login may not, whatever its rights. Nothing where it is not known who it is. */
export const rootOnlySettings = (
  plan: Plan,
  rights: ObservedRights | undefined,
  guests: readonly ObservedGuest[],
): readonly RootOnlySettings[] => {
  if (!rights || rights.principal === 'root@pam') return []
  const byVmid = new Map<number, ObservedGuest>(guests.map((guest) => [guest.vmid, guest]))
  return requiredSteps(plan).flatMap(({ address, summary, requests }) => {
    const names = [...new Set(requests.flatMap((request) => keysIn(request, byVmid)))].sort()
    return names.length === 0 ? [] : [{ names, step: { address, summary } }]
  })
}
