import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../../plan/plan.ts'
import type { StepResult } from './step-result.ts'

/** PVE API: DELETE /nodes/{node}/storage/{storage}/content/{volume}. */
const archiveOf = ({ requests }: Step): string => decodeURIComponent(requests[0]?.path.split('/content/')[1] ?? '')

const keptBackup = (step: Step, why: string): Diagnostic =>
  diagnose('apply.backup-kept', {
    address: step.address,
    detail: `The backup ${archiveOf(step)} of guest ${step.guest?.vmid} is still there: ${why} All else of the plan is done. Nothing needs the backup any more; delete it when you like.`,
  })

const kept = (step: Step, why: string): Diagnostic =>
  step.action === 'backup' ? keptBackup(step, why) : keptSnapshot(step, why)

const keptSnapshot = ({ address, id, guest }: Step, why: string): Diagnostic => {
  const name = id.slice(id.lastIndexOf('/sweep-') + '/sweep-'.length)
  return diagnose('apply.snapshot-kept', {
    address,
    detail: `The snapshot ${name} of guest ${guest?.vmid}, taken by mpc before an earlier change, could not be removed: ${why} The rest of the plan is done. The next plan that changes this guest removes the snapshot; while it is there Proxmox VE refuses to move or delete the volumes it uses.`,
  })
}

/** A step that only tidies up has failed: a warning and nothing more. */
export const tidyingFailed = (step: Step, cause: readonly Diagnostic[]): Diagnostic =>
  kept(step, cause[0]?.detail ?? 'the server did not do it.')

/** What an interruption has kept from being tidied up after everything else was done. */
export const notSwept = ({ steps }: Plan, results: readonly StepResult[]): readonly Diagnostic[] => {
  const begun = new Set(results.map(({ step }) => step.id))
  return steps
    .filter(({ optional, id }) => optional && !begun.has(id))
    .map((step) => kept(step, 'the run was interrupted before it.'))
}
