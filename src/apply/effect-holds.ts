import { kindOfType } from '../kinds/registry.ts'
import { isSecret } from '../resource/config-value.ts'
import type { GuestRef } from '../resource/guest.ts'
import { type ApiRequest, isOutputRef } from '../resource/request.ts'
import { canonicalJson } from '../util/canonical-json.ts'
import { type Asking, ask, readGuest, readRunning, readSnapshots } from './read-guest.ts'
import type { Effect } from './request-effect.ts'

const deleted = (request: ApiRequest): readonly string[] =>
  String(request.params?.['delete'] ?? '')
    .split(/[,; ]+/)
    .filter((key) => key !== '')

const configHolds = async (
  asking: Asking,
  guest: GuestRef,
  keys: readonly string[],
  request: ApiRequest,
): Promise<boolean> => {
  const reading = await readGuest(asking, guest)
  if (reading.kind !== 'present') return false
  const kind = kindOfType(guest.type)
  const same = (key: string, a: string, b: string) =>
    a === b || canonicalJson(kind.decodeValue(key, a)) === canonicalJson(kind.decodeValue(key, b))
  const gone = deleted(request)
  return keys.every((key) => {
    const current = reading.view.raw[key]
    if (gone.includes(key)) return current === undefined
    const wanted = request.params?.[key]
    if (wanted === undefined || isSecret(wanted) || isOutputRef(wanted) || current === undefined) return false
    return same(key, wanted === true ? '1' : wanted === false ? '0' : String(wanted), current)
  })
}

const poolHolds = async (asking: Asking, poolid: string, present: boolean): Promise<boolean> => {
  const answer = await ask(asking, '/pools')
  if (answer.kind !== 'answered' || !Array.isArray(answer.data)) return false
  return answer.data.some((pool: { readonly poolid?: unknown }) => pool.poolid === poolid) === present
}

/** PVE API: GET /pools?poolid= gives one pool with its members. */
const memberHolds = async (
  asking: Asking,
  { poolid, vmid, present }: Effect & { kind: 'membership' },
): Promise<boolean> => {
  const answer = await ask(asking, '/pools', { poolid })
  if (answer.kind !== 'answered' || !Array.isArray(answer.data)) return false
  const [pool]: readonly { readonly members?: readonly { readonly vmid?: unknown }[] }[] = answer.data
  return (pool?.members ?? []).some((member) => Number(member.vmid) === vmid) === present
}

/**
 * Whether what a request is meant to bring about is so already. False also when that cannot be told: for a guest that was to be made
 * (somebody else's could stand there), a rollback, a reboot.
 */
export const effectHolds = async (asking: Asking, effect: Effect, request: ApiRequest): Promise<boolean> => {
  switch (effect.kind) {
    case 'guest-gone':
      return (await readGuest(asking, effect.guest)).kind === 'absent'
    case 'config':
      return (
        effect.keys !== 'all' &&
        /\/config$/.test(request.path) &&
        configHolds(asking, effect.guest, effect.keys, request)
      )
    case 'snapshot':
      return (await readSnapshots(asking, effect.guest))?.includes(effect.name) === effect.present
    case 'power':
      return effect.running !== undefined && (await readRunning(asking, effect.guest)) === effect.running
    case 'moved':
      return (await readGuest(asking, { ...effect.guest, node: effect.node })).kind === 'present'
    case 'pool':
      return poolHolds(asking, effect.poolid, effect.present)
    case 'membership':
      return memberHolds(asking, effect)
    case 'guest-made':
    case 'other':
      return false
  }
}
