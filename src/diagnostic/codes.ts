import { applyCodes } from './codes/apply.ts'
import { cliCodes } from './codes/cli.ts'
import { declarationCodes } from './codes/declaration.ts'
import { doctorCodes } from './codes/doctor.ts'
import { exportCodes } from './codes/export.ts'
import { kindCodes } from './codes/kind.ts'
import { planCodes } from './codes/plan.ts'
import { projectCodes } from './codes/project.ts'
import { proxmoxCodes } from './codes/proxmox.ts'
import { simulatorCodes } from './codes/simulator.ts'
import { storeCodes } from './codes/store.ts'
import { syncCodes } from './codes/sync.ts'

/** Every code mpc can raise. Codes are stable: scripts depend on them; texts may be reworded. */
export const codes = {
  ...applyCodes,
  ...cliCodes,
  ...declarationCodes,
  ...doctorCodes,
  ...exportCodes,
  ...kindCodes,
  ...planCodes,
  ...projectCodes,
  ...proxmoxCodes,
  ...simulatorCodes,
  ...storeCodes,
  ...syncCodes,
} as const

export type DiagnosticCode = keyof typeof codes
