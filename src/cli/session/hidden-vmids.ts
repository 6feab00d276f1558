import type { Checked } from '../../diagnostic/diagnostic.ts'
import { may } from '../../plan/check/rights.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ObservedRights } from '../../resource/observed.ts'
import type { Server } from '../../resource/server.ts'

/** Requests under way at one time. */
const AT_ONCE = 8

/** Whether the login sees every guest, so that a VMID it does not see is free. */
const seesAll = (rights: ObservedRights | undefined): boolean => may(rights, '/vms/*', 'VM.Audit')

const madeBy = (plan: Plan | undefined): readonly number[] => [
  ...new Set((plan?.steps ?? []).flatMap(({ expects, guest }) => (expects?.absent && guest ? [guest.vmid] : []))),
]

/** PVE API: GET /cluster/nextid?vmid=N answers 400 where a guest has the VMID, also one that the caller may not see. */
const takenOf = async ({ send }: Pick<Server, 'send'>, vmids: readonly number[]): Promise<readonly number[]> => {
  const taken: number[] = []
  for (let at = 0; at < vmids.length; at += AT_ONCE) {
    const part = vmids.slice(at, at + AT_ONCE)
    const answers = await Promise.all(
      part.map((vmid) => send({ method: 'GET', path: '/cluster/nextid', params: { vmid } })),
    )
    answers.forEach((answer, index) => {
      if (answer.kind === 'refused' && answer.status === 400) taken.push(part[index] as number)
    })
  }
  return taken
}

/** The lowest free VMID by the server; undefined when it does not say. */
const nextFree = async ({ send }: Pick<Server, 'send'>): Promise<number | undefined> => {
  const answer = await send({ method: 'GET', path: '/cluster/nextid', params: {} })
  return answer.kind === 'answered' ? Number(answer.data) || undefined : undefined
}

/** What a plan has to know of VMIDs that guests have which the login does not see. */
export interface HiddenVmids {
  /** All below are taken; missing: not known. */
  readonly next?: number
  readonly taken: readonly number[]
}

/**
 * Plans until none of the VMIDs that the plan would give is taken by a guest the login does not see. A login that sees every guest, and one
 * that makes none, costs no request.
 */
export const planAroundHidden = async (
  plan: (hidden: HiddenVmids) => Checked<Plan>,
  rights: ObservedRights | undefined,
  server: () => Promise<Pick<Server, 'send'>>,
): Promise<Checked<Plan>> => {
  const first = plan({ taken: [] })
  if (seesAll(rights) || madeBy(first.value).length === 0) return first
  const asked = await server()
  const next = await nextFree(asked)
  const known = new Set<number>()
  const taken = new Set<number>()
  for (;;) {
    const planned = plan({ ...(next !== undefined && { next }), taken: [...taken].sort((a, b) => a - b) })
    const unknown = madeBy(planned.value).filter((vmid) => !known.has(vmid))
    if (unknown.length === 0) return planned
    for (const vmid of unknown) known.add(vmid)
    for (const vmid of await takenOf(asked, unknown)) taken.add(vmid)
  }
}
