import type { Desired, Secrets } from '../resource/desired.ts'
import type { KnownGuests } from '../resource/known-guest.ts'
import { evaluateModule } from './module/evaluate-module.ts'
import type { ModuleScope } from './module/scope.ts'
import { evaluateWorkspace, type Pass, type PreparedWorkspace } from './prepared-workspace.ts'
import { desiredState } from './resource/desired-state.ts'
import { secretKeeper } from './resource/secret-keeper.ts'

export const NOTHING_DESIRED: Desired = { resources: [], outputs: [], moved: [], imports: [], removed: [] }

export interface EvaluatedDesired {
  readonly desired: Desired
  readonly secrets: Secrets
}

/** Numbers of guests may decide about other guests, whose numbers are then asked for; more rounds than this nobody means. */
const MAX_ROUNDS = 5

const areSame = (one: KnownGuests, other: KnownGuests): boolean =>
  one.size === other.size &&
  [...one].every(([address, { vmid, guest }]) => {
    const same = other.get(address)
    return same?.vmid === vmid && same.guest === guest
  })

/**
 * Evaluates everything a workspace declares. Where expressions ask for what only a plan knows of the guests (the VMID of a new one, what the
 * server chose for an existing one), it is evaluated again with what the plan would know.
 */
export const evaluateDesired = async (
  workspace: PreparedWorkspace,
): Promise<{ readonly pass: Pass<EvaluatedDesired>; readonly known: KnownGuests }> => {
  const { fingerprintKey, known: know } = workspace.options
  const evaluated = (root: ModuleScope): EvaluatedDesired => {
    const keeper = secretKeeper(fingerprintKey)
    return { desired: desiredState(evaluateModule(root), { keeper }), secrets: keeper.secrets }
  }
  let known: KnownGuests = new Map()
  for (let round = 0; ; round++) {
    const pass = await evaluateWorkspace(workspace, evaluated, { desired: NOTHING_DESIRED, secrets: new Map() }, known)
    if (!pass.askedForGuests || typeof know !== 'function' || round >= MAX_ROUNDS) return { pass, known }
    const next = await know(pass.value.desired)
    if (areSame(known, next)) return { pass, known }
    known = next
  }
}
