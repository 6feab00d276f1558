import { kindOfType } from '../kinds/registry.ts'
import { isPropertyMap } from '../resource/config-value.ts'
import type { ObservedGuest, ObservedRights } from '../resource/observed.ts'
import { requestsOf } from '../resource/reversal.ts'
import { type Need, neededRights, restoreNeeds } from './check/needed-rights.ts'
import { mayAny } from './check/rights.ts'
import { rightsWithout } from './guest/restore-guest.ts'
import { type Plan, requiredSteps, type Step } from './plan.ts'

/** Privileges that are missing on one path, and the first step that needs one of them. */
export interface MissingRights {
  readonly path: string
  readonly privileges: readonly string[]
  readonly step: Pick<Step, 'address' | 'summary'>
}

const isMet = (rights: ObservedRights, { paths, privileges }: Need): boolean =>
  paths.some((path) => mayAny(rights, path, privileges))

/** What a guest that the plan makes in a pool has rights on besides itself; requests on it later count there, too. */
const poolsOfNew = ({ steps }: Plan): ReadonlyMap<string, string> =>
  new Map(
    steps.flatMap(({ guest, requests }) =>
      requests.flatMap(({ method, params }) =>
        guest && method === 'POST' && typeof params?.['pool'] === 'string'
          ? [[`/vms/${guest.vmid}`, `/pool/${params['pool']}`] as const]
          : [],
      ),
    ),
  )

const withPools = (need: Need, pools: ReadonlyMap<string, string>): Need => {
  const more = need.paths.flatMap((path) => pools.get(path) ?? []).filter((path) => !need.paths.includes(path))
  return more.length === 0 ? need : { ...need, paths: [...more, ...need.paths] }
}

const volumeStorages = (guest: ObservedGuest | undefined): readonly string[] => {
  if (!guest) return []
  const kind = kindOfType(guest.type)
  const storages = Object.entries(guest.current).flatMap(([key, text]) => {
    if (kind.volumeProperty(key) === undefined) return []
    const value = kind.decodeValue(key, text)
    return isPropertyMap(value) && kind.isVolume(key, value) && value['storage'] !== undefined
      ? [String(value['storage'])]
      : []
  })
  return [...new Set(storages)].sort()
}

/**
 * Everything the login lacks for a plan, for its requests and for those that undo them, by path. A need that any of several privileges meets
 * asks for the first.
 */
export const missingRights = (
  plan: Plan,
  rights: ObservedRights | undefined,
  guests: readonly ObservedGuest[],
): readonly MissingRights[] => {
  if (!rights) return []
  const byVmid = new Map<number, ObservedGuest>(guests.map((guest) => [guest.vmid, guest]))
  const storagesOf = (vmid: number) => volumeStorages(byVmid.get(vmid))
  const pools = poolsOfNew(plan)
  const missing = new Map<string, { readonly privileges: Set<string>; readonly step: Step }>()
  for (const step of requiredSteps(plan)) {
    const destroyed = step.reversal.by === 'backup' && step.guest ? byVmid.get(step.guest.vmid) : undefined
    const needs = [
      ...[...step.requests, ...(destroyed ? [] : requestsOf(step.reversal))].flatMap((request) =>
        neededRights(request, storagesOf).map((each) => ({ need: withPools(each, pools), has: rights })),
      ),
      ...(destroyed ? restoreNeeds(destroyed, volumeStorages(destroyed)) : []).map((each) => ({
        need: each,
        has: rightsWithout(rights, destroyed?.vmid ?? 0),
      })),
    ]
    for (const { need: whole, has } of needs) {
      const [path, privilege] = [whole.paths[0], whole.privileges[0]]
      if (path === undefined || privilege === undefined || isMet(has, whole)) continue
      const known = missing.get(path) ?? { privileges: new Set<string>(), step }
      missing.set(path, known)
      known.privileges.add(privilege)
    }
  }
  return [...missing]
    .map(
      ([
        path,
        {
          privileges,
          step: { address, summary },
        },
      ]) => ({
        path,
        privileges: [...privileges].sort(),
        step: { address, summary },
      }),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
