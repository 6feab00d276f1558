import { type Checked, type Diagnostic, diagnose, hasErrors } from '../diagnostic/diagnostic.ts'
import type { Files } from '../io/io.ts'
import type { Desired, Secrets } from '../resource/desired.ts'
import type { Problem } from './eval/evaluation.ts'
import { functionTable } from './functions/function-table.ts'
import { type LateLibraries, lateLibraries } from './functions/late-libraries.ts'
import { makeCells } from './module/cells.ts'
import { declarationFiles, type FileReading } from './module/declaration-files.ts'
import { evaluateModule } from './module/evaluate-module.ts'
import { type FileCache, fileCache, joinPath } from './module/file-reader.ts'
import { givenValues, type VariableArgument } from './module/given-values.ts'
import { loadModule } from './module/load-module.ts'
import { moduleValues } from './module/module-values.ts'
import type { ModuleScope } from './module/scope.ts'
import type { GivenValue, LoadedModule, Lookups, World } from './module/world.ts'
import { desiredState } from './resource/desired-state.ts'
import { secretKeeper } from './resource/secret-keeper.ts'
import { type Grammar, hclGrammar } from './syntax/hcl/grammar.ts'
import { parseExpressionWith, parseTemplateWith } from './syntax/hcl/parse-hcl.ts'
import { fileSource, rangeOf } from './syntax/source.ts'

export interface LoadOptions {
  /** The workspace, absolute; file names in diagnostics are relative to it. */
  readonly folder: string
  /** Only these files, absolute or relative to `folder`; missing or empty: every *.mpc.hcl, *.mpc.yaml and *.mpc.json of the folder. */
  readonly paths?: readonly string[]
  readonly files: Files
  readonly env: Readonly<Record<string, string | undefined>>
  /** `-var` and `-var-file` in the order they were given; or all of `variableFiles` first. */
  readonly variables?: readonly VariableArgument[]
  readonly variableFiles?: readonly string[]
  /** What the last sync saw; missing: `data` blocks say that there was none. */
  readonly lookups?: Lookups
  /** Key of the fingerprints of secrets. */
  readonly fingerprintKey: string
  /** For timestamp functions; missing: their values are known after apply only. */
  readonly now?: Date
  readonly workspace?: string
}

/** A variable without a value: the caller may ask for it and load again. */
export interface MissingVariable {
  readonly name: string
  readonly description?: string
  readonly sensitive: boolean
}

export interface Loaded {
  readonly desired: Desired
  readonly secrets: Secrets
  /** Text of every file that was read, by the name diagnostics use; there also when `desired` is empty for errors. */
  readonly sources: ReadonlyMap<string, string>
  readonly missingVariables: readonly MissingVariable[]
  readonly root: LoadedModule
}

const EMPTY: Desired = { resources: [], outputs: [], moved: [], imports: [], removed: [] }

/** One of many equal problems of a block's instances is enough. */
const collector = (): { readonly diagnostics: Diagnostic[]; readonly report: (diagnostic: Diagnostic) => void } => {
  const diagnostics: Diagnostic[] = []
  const seen = new Set<string>()
  return {
    diagnostics,
    report: (diagnostic) => {
      const { code, detail, range } = diagnostic
      const key = `${code} ${range?.filename}:${range?.start.byte}-${range?.end.byte} ${range ? detail.replace(/\[[^\]]*\]/g, '[]') : detail}`
      if (seen.has(key)) return
      seen.add(key)
      diagnostics.push(diagnostic)
    },
  }
}

interface Pass {
  readonly desired: Desired
  readonly secrets: Secrets
  readonly missing: readonly MissingVariable[]
  readonly diagnostics: readonly Diagnostic[]
}

interface Ready {
  readonly options: LoadOptions
  readonly root: LoadedModule
  readonly given: ReadonlyMap<string, GivenValue>
  readonly grammar: Grammar
  readonly cache: FileCache
  readonly libraries: LateLibraries
}

const worldOf = (
  { options, given, grammar, cache, libraries }: Ready,
  report: (diagnostic: Diagnostic) => void,
  missing: Map<string, MissingVariable>,
): World => {
  const problem = ({ code, detail, at }: Problem, address?: string): void =>
    report(diagnose(code, { detail, range: rangeOf(at), address }))
  return {
    cells: makeCells(),
    report,
    problem,
    functions: functionTable({
      read: cache.read,
      list: cache.list,
      library: libraries.get,
      parseTemplate: (source) => parseTemplateWith(grammar, source),
      now: options.now,
      home: options.env['HOME'],
      workspace: options.folder,
    }),
    given,
    parseText: (text, from) => {
      const parsed = parseExpressionWith(grammar, fileSource(from, text))
      for (const diagnostic of parsed.diagnostics) report(diagnostic)
      return parsed.value
    },
    missing: (variable) => void missing.set(variable.name, variable),
    lookups: options.lookups,
    rootFolder: '',
    workspace: options.workspace ?? 'default',
  }
}

const evaluateOnce = (ready: Ready): Pass => {
  const { diagnostics, report } = collector()
  const missing = new Map<string, MissingVariable>()
  const world = worldOf(ready, report, missing)
  const root: ModuleScope = {
    world,
    module: ready.root,
    modules: [],
    prefix: '',
    input: () => undefined,
    values: moduleValues,
  }
  const keeper = secretKeeper(ready.options.fingerprintKey)
  const desired = desiredState(evaluateModule(root), { keeper })
  return { desired, secrets: keeper.secrets, missing: [...missing.values()], diagnostics }
}

/** Rounds of reading the files that functions ask for; each may lead to further ones. */
const MAX_ROUNDS = 50

const evaluateAll = async (ready: Ready): Promise<Pass> => {
  for (let round = 0; ; round++) {
    const pass = evaluateOnce(ready)
    const read = await ready.cache.fill()
    const loaded = await ready.libraries.fill()
    if (round >= MAX_ROUNDS || !(read || loaded)) return pass
  }
}

const relative = (folder: string, path: string): string =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : joinPath(path)

const filesOf = async (options: LoadOptions, reading: FileReading): Promise<readonly string[]> => {
  const { paths = [], folder } = options
  if (paths.length > 0) return paths.map((path) => relative(folder, path))
  const found = await declarationFiles(reading, '')
  if (found.length === 0)
    reading.report(
      diagnose('declaration.no-files', {
        detail: `There are no *.mpc.hcl or *.mpc.yaml files in ${folder}. Write one, or change into the folder that holds them.`,
        hint: 'mpc init',
      }),
    )
  return found
}

const missingDiagnostic = ({ name, description }: MissingVariable): Diagnostic =>
  diagnose('declaration.missing-variable', {
    detail: `The variable "${name}"${description ? ` (${description})` : ''} has no default, and no value was given.`,
    hint: `-var ${name}=…, MPC_VAR_${name}=…, or a file such as values.auto.mpcvars.hcl`,
  })

/**
 * Reads, evaluates and checks the declarations of a workspace. All problems are collected. `value` is there whenever the files could be
 * listed, also with errors, for its sources; its `desired` must not be used when there are errors.
 */
export const loadDeclarations = async (options: LoadOptions): Promise<Checked<Loaded>> => {
  const { diagnostics, report } = collector()
  const sources = new Map<string, string>()
  const reading: FileReading = { files: options.files, workspace: options.folder, sources, report }
  const root = await loadModule(reading, '', await filesOf(options, reading))
  const given = await givenValues(reading, {
    env: options.env,
    arguments: [...(options.variableFiles ?? []).map((file) => ({ file })), ...(options.variables ?? [])],
    declared: root.declared.variables,
  })
  const grammar = await hclGrammar()
  const cache = fileCache(options.files, options.folder)
  const ready: Ready = { options, root, given, grammar, cache, libraries: lateLibraries() }
  const pass = await evaluateAll(ready)
  for (const diagnostic of [...pass.diagnostics, ...pass.missing.map(missingDiagnostic)]) report(diagnostic)
  const desired = hasErrors(diagnostics) ? EMPTY : pass.desired
  return { value: { desired, secrets: pass.secrets, sources, missingVariables: pass.missing, root }, diagnostics }
}
