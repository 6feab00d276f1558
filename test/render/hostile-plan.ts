import type { Plan, ResourceChange, Step } from '../../src/plan/plan.ts'
import type { Address } from '../../src/resource/address.ts'
import type { AttributeChange, Disruption } from '../../src/resource/change.ts'
import type { GuestRef, Vmid } from '../../src/resource/guest.ts'
import { samplePlan } from './sample-plan.ts'

/** What people could write into a name or a value so that a page, a comment or a patch does something with it. */
export const HOSTILE = [
  '```\n# not a heading\n</details>',
  '````` | a | b |',
  '</code></details><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '@everyone #1 !2 ~bug https://evil.example www.evil.example',
  '--> <!-- mpc:plan --> -->',
  'a\\|b|c\\\\|d',
  '--- a/x\n+++ b/../../etc/passwd\n@@ -1 +1 @@',
  '\u001b[2J\u202egnp.exe',
  '&lt;b&gt; &#64;all',
] as const

interface Part {
  readonly address: string
  readonly name: string
  readonly attributes: readonly AttributeChange[]
  readonly disruption: Disruption
  readonly steps: readonly Pick<Step, 'summary' | 'disruption' | 'reversal'>[]
}

/** A plan that changes these VMs, numbered from 100 on. */
export const planOf = (parts: readonly Part[]): Plan => {
  const changes: ResourceChange[] = []
  const steps: Step[] = []
  parts.forEach((part, at) => {
    const address = part.address as Address
    const guest: GuestRef = { type: 'qemu', node: 'pve1', vmid: (100 + at) as Vmid }
    const change = { address, reason: 'declared' as const, attributes: part.attributes }
    const own = part.steps.map(
      (step, number): Step => ({
        ...step,
        id: `${address}/step-${number}`,
        action: 'update',
        address,
        guest,
        requests: [],
        needs: [],
        because: change,
      }),
    )
    steps.push(...own)
    changes.push({
      address,
      kind: 'vm',
      action: 'update',
      guest,
      name: part.name,
      change,
      disruption: part.disruption,
      steps: own.map(({ id }) => id),
    })
  })
  return { ...samplePlan, id: 'p-h0st11e', changes, steps, outputs: [] }
}

/** Every hostile text as key of an address, name, value, summary and reason. */
export const hostilePlan: Plan = planOf(
  HOSTILE.map((text) => ({
    address: `vm.web[${JSON.stringify(text)}]`,
    name: text,
    attributes: [
      { name: 'description', before: text, after: `${text}\n${text}`, disruption: 'data-loss' },
      { name: 'tags', after: [text], disruption: 'live' },
      { name: 'disk.scsi0.file', before: text, after: 'other', disruption: 'live' },
    ],
    disruption: 'data-loss',
    steps: [
      { summary: `set ${text}`, disruption: 'data-loss', reversal: { by: 'nothing', reason: text } },
      { summary: `restart ${text}`, disruption: 'restart', reversal: { by: 'snapshot', name: text, requests: [] } },
    ],
  })),
)
