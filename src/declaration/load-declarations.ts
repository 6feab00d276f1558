import { type Checked, type Diagnostic, diagnose, hasErrors } from '../diagnostic/diagnostic.ts'
import type { Desired, Secrets } from '../resource/desired.ts'
import { evaluateDesired, NOTHING_DESIRED } from './evaluate-desired.ts'
import {
  collector,
  type LoadOptions,
  type MissingVariable,
  missingDiagnostic,
  type PreparedWorkspace,
  prepareWorkspace,
} from './prepared-workspace.ts'
import { rangeOf } from './syntax/source.ts'
import type { Block } from './syntax/tree.ts'

export type { LoadOptions, MissingVariable } from './prepared-workspace.ts'

export interface Loaded {
  /** Empty when there are errors. */
  readonly desired: Desired
  readonly secrets: Secrets
  /** Text of every file that was read, by the name diagnostics use. */
  readonly sources: ReadonlyMap<string, string>
  readonly missingVariables: readonly MissingVariable[]
  /** Addresses of what these files of the workspace's own folder declare, modules they call included, without instance keys. */
  readonly declaredIn: (files: ReadonlySet<string>) => readonly string[]
}

const declaredIn =
  ({ root }: PreparedWorkspace): Loaded['declaredIn'] =>
  (files) => {
    const isIn = (block: Block): boolean => files.has(rangeOf(block.header).filename)
    const { resources, modules } = root.declared
    return [
      ...[...resources].flatMap(([address, { block }]) => (isIn(block) ? [address] : [])),
      ...[...modules].flatMap(([name, block]) => (isIn(block) ? [`module.${name}`] : [])),
    ]
  }

/**
 * Reads, evaluates and checks the declarations of a workspace. All problems are collected. `value` is always there, for its sources; its
 * `desired` is empty when there are errors.
 */
export const loadDeclarations = async (options: LoadOptions): Promise<Checked<Loaded>> => {
  const { diagnostics, report } = collector()
  const workspace = await prepareWorkspace(options, report)
  if (workspace.sources.size === 0 && diagnostics.length === 0)
    report(
      diagnose('declaration.no-files', {
        detail: `There are no *.mpc.hcl or *.mpc.yaml files in ${options.folder}. Write one, or change into the folder that holds them.`,
        hint: 'main.mpc.hcl:\n  vm "web" {\n    node  = "pve1"\n    clone = "debian-12"\n  }',
      }),
    )
  const { pass } = await evaluateDesired(workspace)
  for (const diagnostic of [...pass.diagnostics, ...pass.missing.map(missingDiagnostic)]) report(diagnostic)
  const { desired, secrets } = pass.value
  const value: Loaded = {
    desired: hasErrors(diagnostics) ? NOTHING_DESIRED : desired,
    secrets,
    sources: workspace.sources,
    missingVariables: pass.missing,
    declaredIn: declaredIn(workspace),
  }
  return { value, diagnostics: inReadingOrder(diagnostics, [...workspace.sources.keys()]) }
}

/** File by file and from top to bottom; what has no place comes first. */
const inReadingOrder = (diagnostics: readonly Diagnostic[], files: readonly string[]): readonly Diagnostic[] => {
  const order = new Map(files.map((file, index) => [file, index]))
  const fileOf = ({ range }: Diagnostic): number => (range ? (order.get(range.filename) ?? files.length) : -1)
  return diagnostics.toSorted(
    (a, b) => fileOf(a) - fileOf(b) || (a.range?.start.byte ?? 0) - (b.range?.start.byte ?? 0),
  )
}
