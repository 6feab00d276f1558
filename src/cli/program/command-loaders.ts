import type { RunCommand } from './command-context.ts'
import type { CommandName } from './command-table.ts'

/** The body of each command, loaded when it is run. */
export const commandLoaders: {
  readonly [Name in CommandName]: () => Promise<{ readonly run: RunCommand<Name> }>
} = {
  init: () => import('../commands/init.ts'),
  trust: () => import('../commands/trust.ts'),
  sync: () => import('../commands/sync.ts'),
  status: () => import('../commands/status.ts'),
  import: () => import('../commands/import.ts'),
  list: () => import('../commands/look/list.ts'),
  describe: () => import('../commands/look/describe.ts'),
  validate: () => import('../commands/validate.ts'),
  fmt: () => import('../commands/fmt.ts'),
  eval: () => import('../commands/eval.ts'),
  output: () => import('../commands/look/output.ts'),
  graph: () => import('../commands/graph.ts'),
  plan: () => import('../commands/plan.ts'),
  show: () => import('../commands/show.ts'),
  apply: () => import('../commands/apply.ts'),
  recover: () => import('../commands/recover.ts'),
  revert: () => import('../commands/revert.ts'),
  history: () => import('../commands/history.ts'),
  audit: () => import('../commands/upkeep/audit.ts'),
  doctor: () => import('../commands/upkeep/doctor.ts'),
  unlock: () => import('../commands/upkeep/unlock.ts'),
  state: () => import('../commands/look/state.ts'),
  export: () => import('../commands/export.ts'),
  simulate: () => import('../commands/simulate.ts'),
  demo: () => import('../commands/demo.ts'),
  completion: () => import('../commands/completion.ts'),
}
