import type { Reversal } from '../../resource/reversal.ts'
import { advance, type PlanPart, post } from '../state/guest-progress.ts'

const templateStep =
  (reversal: Reversal): PlanPart =>
  (progress) =>
    advance(progress, {
      verb: 'template',
      action: 'update',
      guest: progress.guest,
      summary: 'convert to a template',
      requests: [post(progress.guest, 'template')],
      disruption: 'none',
      reversal,
    })

/** Turns an existing VM into a template for good. PVE API: POST …/template. */
export const convertToTemplate: PlanPart = templateStep({
  by: 'nothing',
  reason: 'Proxmox VE cannot turn a template back into a VM: its disks become read-only base images',
})

/** Turns a VM this plan makes into a template; its way back is that it is destroyed. */
export const convertNewToTemplate: PlanPart = templateStep({
  by: 'requests',
  requests: [],
  note: 'not needed; the new guest is destroyed',
})
