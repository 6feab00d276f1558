import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source-range.ts'
import type { Files } from '../io/io.ts'
import type { Desired } from '../resource/desired.ts'
import type { KnownGuests } from '../resource/known-guest.ts'
import { type Problem, TooMuchWork, type Work } from './eval/evaluation.ts'
import { DYNAMIC } from './eval/type.ts'
import { FAILED, unknown } from './eval/value.ts'
import { type LateLibraries, lateLibraries } from './functions/call/late-libraries.ts'
import { functionTable } from './functions/function-table.ts'
import type { NoteAddresses } from './module/address-value.ts'
import { syntaxErrors } from './module/block/syntax-errors.ts'
import { makeCells } from './module/cells.ts'
import { declarationFiles, type FileReading } from './module/file/declaration-files.ts'
import { NO_BOUNDARY, repositoryBoundary } from './module/file/file-boundary.ts'
import { type FileCache, fileCache, joinPath } from './module/file/file-reader.ts'
import { givenValues, type VariableArgument } from './module/file/given-values.ts'
import { loadModule } from './module/load-module.ts'
import { moduleValues } from './module/module-values.ts'
import type { ModuleScope } from './module/scope.ts'
import type { GivenValue, LoadedModule, Lookups, World } from './module/world.ts'
import { collectFindings, type Findings } from './syntax/findings.ts'
import { type Grammar, hclGrammar } from './syntax/hcl/grammar.ts'
import { parseExpressionWith, parseTemplateWith } from './syntax/hcl/parse-hcl.ts'
import { MAX_WORK, MAX_WORK_OF_ROUNDS } from './syntax/limits.ts'
import { fileSource, rangeOf } from './syntax/source.ts'

export interface LoadOptions {
  /** The workspace, absolute; file names in diagnostics are relative to it. */
  readonly folder: string
  /** Only these files, absolute or relative to `folder`; missing or empty: every *.mpc.hcl, *.mpc.yaml and *.mpc.json of the folder. */
  readonly paths?: readonly string[]
  readonly files: Files
  readonly env: Readonly<Record<string, string | undefined>>
  /** `-var` and `-var-file` in the order they were given. */
  readonly variables?: readonly VariableArgument[]
  /** Files of values that are read before `variables`, for callers that do not keep the order. */
  readonly variableFiles?: readonly string[]
  /** What the last sync saw; missing: `data` blocks say that there was none. */
  readonly lookups?: Lookups
  /**
   * What a plan would know of the guests that were declared; missing: nothing, so that what the server chooses is known after apply.
   * `nothing-matters`: where no cluster is asked, what needs such a value is neither known nor wrong.
   */
  readonly known?: ((desired: Desired) => Promise<KnownGuests>) | 'nothing-matters'
  /** Told of every guest whose addresses an expression asks for. */
  readonly noteAddresses?: NoteAddresses
  /** Key of the fingerprints of secrets. */
  readonly fingerprintKey: string
  /** Functions may read files outside of the folder and the repository it lies in. */
  readonly allowFiles?: boolean
  /** For timestamp functions; missing: their values are known after apply only. */
  readonly now?: Date
  /** For terraform.workspace; missing: `default`. */
  readonly workspace?: string
}

/** A variable without a value: the caller may ask for it and load again. */
export interface MissingVariable {
  readonly name: string
  readonly description?: string
  readonly sensitive: boolean
  /** Where it is declared. */
  readonly range?: SourceRange
}

/** Collects problems, so many of each file; of equal ones, as the instances of one block cause them, one is enough. */
export interface Collector {
  readonly diagnostics: Diagnostic[]
  readonly report: (diagnostic: Diagnostic) => void
}

export const collector = (): Collector => {
  const diagnostics: Diagnostic[] = []
  const seen = new Set<string>()
  const files = new Map<string | undefined, Findings>()
  return {
    diagnostics,
    report: (diagnostic) => {
      const { code, detail, range } = diagnostic
      const findings = files.get(range?.filename) ?? collectFindings()
      files.set(range?.filename, findings)
      if (findings.isFull()) return
      const place = range && `${range.filename}:${range.start.byte}-${range.end.byte}`
      const key = `${code} ${place} ${place ? detail.replace(/\[[^[\]]*\]/g, '[]') : detail}`
      if (seen.has(key)) return
      seen.add(key)
      findings.add(diagnostic)
      diagnostics.push(...findings.diagnostics.slice(-1))
    },
  }
}

/** A workspace that has been read, ready to be evaluated any number of times. */
export interface PreparedWorkspace {
  readonly options: LoadOptions
  readonly root: LoadedModule
  readonly sources: ReadonlyMap<string, string>
  readonly given: ReadonlyMap<string, GivenValue>
  readonly grammar: Grammar
  readonly cache: FileCache
  readonly libraries: LateLibraries
  readonly isBroken: World['isBroken']
}

const relative = (folder: string, path: string): string =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : joinPath(path)

const filesOf = async ({ paths = [], folder }: LoadOptions, reading: FileReading): Promise<readonly string[]> =>
  paths.length > 0 ? paths.map((path) => relative(folder, path)) : declarationFiles(reading, '')

/** Reads the files, the modules they call and the values given for variables. */
export const prepareWorkspace = async (
  options: LoadOptions,
  report: (diagnostic: Diagnostic) => void,
): Promise<PreparedWorkspace> => {
  const sources = new Map<string, string>()
  const errors = syntaxErrors()
  const reading: FileReading = {
    files: options.files,
    workspace: options.folder,
    sources,
    errors,
    modules: new Map(),
    report: (diagnostic) => {
      errors.note(diagnostic)
      report(diagnostic)
    },
  }
  const root = await loadModule(reading, '', await filesOf(options, reading))
  const given = await givenValues(reading, {
    env: options.env,
    arguments: [...(options.variableFiles ?? []).map((file) => ({ file })), ...(options.variables ?? [])],
    declared: root.declared.variables,
    isIncomplete: root.isIncomplete,
  })
  const grammar = await hclGrammar()
  const boundary = options.allowFiles ? NO_BOUNDARY : repositoryBoundary(options.files, options.folder)
  const cache = fileCache(options.files, options.folder, boundary)
  return {
    options,
    root,
    sources,
    given,
    grammar,
    cache,
    libraries: lateLibraries(),
    isBroken: errors.within,
  }
}

/** The guests known so far, and whether one was asked for. */
interface Asking {
  readonly known: KnownGuests
  asked: boolean
}

const worldOf = (
  { options, given, grammar, cache, libraries, isBroken }: PreparedWorkspace,
  { report }: Collector,
  missing: Map<string, MissingVariable>,
  work: Work,
  asking: Asking,
): World => ({
  work,
  cells: makeCells(),
  report,
  isBroken,
  problem: ({ code, detail, at }: Problem, address?: string): void =>
    report(diagnose(code, { detail, range: rangeOf(at), address })),
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
  known: (address) => {
    asking.asked = true
    return asking.known.get(address)
  },
  later: (origin) => (options.known === 'nothing-matters' ? FAILED : unknown(DYNAMIC, origin)),
  noteAddresses: options.noteAddresses ?? (() => undefined),
  rootFolder: '',
  workspace: options.workspace ?? 'default',
})

/** One evaluation's result with what it found missing or wrong. */
export interface Pass<T> {
  readonly value: T
  readonly missing: readonly MissingVariable[]
  readonly diagnostics: readonly Diagnostic[]
  /** A value was asked for that only `known` could tell. */
  readonly askedForGuests: boolean
}

/** Rounds of reading the files and packages that functions ask for; each may lead to further ones. */
const MAX_ROUNDS = 50

/** Evaluations that do not end, or nest so deep that the stack does not hold them, are the declarations' doing, and told like any other mistake. */
const guarded = <T>(run: (root: ModuleScope) => T, otherwise: T, { report }: Collector, root: ModuleScope): T => {
  try {
    return run(root)
  } catch (error) {
    if (error instanceof TooMuchWork) {
      const detail = `Evaluating the declarations took ${MAX_WORK} steps without finishing; it stopped at this expression. Look for loops within loops, or values that are computed again for every instance.`
      report(diagnose('declaration.too-large', { detail, range: rangeOf(error.at) }))
      return otherwise
    }
    if (!(error instanceof RangeError) || !error.message.includes('call stack')) throw error
    const detail = 'Values are nested too deeply to evaluate. Look for locals that wrap one another again and again.'
    report(diagnose('declaration.too-deep', { detail }))
    return otherwise
  }
}

const NOTHING_KNOWN: KnownGuests = new Map()

/** Evaluates, as often as it takes until everything functions asked for is there; `otherwise` stands for what could not be. */
export const evaluateWorkspace = async <T>(
  workspace: PreparedWorkspace,
  run: (root: ModuleScope) => T,
  otherwise: T,
  known: KnownGuests = NOTHING_KNOWN,
): Promise<Pass<T>> => {
  let left = MAX_WORK_OF_ROUNDS
  for (let round = 0; ; round++) {
    const work: Work = { left: Math.min(MAX_WORK, left) }
    const collected = collector()
    const missing = new Map<string, MissingVariable>()
    const asking: Asking = { known, asked: false }
    const world = worldOf(workspace, collected, missing, work, asking)
    const value = guarded(run, otherwise, collected, {
      world,
      module: workspace.root,
      modules: [],
      prefix: '',
      input: () => undefined,
      inputAt: () => undefined,
      values: moduleValues,
    })
    left -= Math.min(MAX_WORK, left) - work.left
    const read = await workspace.cache.fill()
    const loaded = await workspace.libraries.fill()
    if (round >= MAX_ROUNDS || left <= 0 || !(read || loaded))
      return {
        value,
        missing: [...missing.values()],
        diagnostics: collected.diagnostics,
        askedForGuests: asking.asked,
      }
  }
}

export const missingDiagnostic = ({ name, description, range }: MissingVariable): Diagnostic =>
  diagnose('declaration.missing-variable', {
    detail: `The variable "${name}"${description ? ` (${description})` : ''} has no default, and no value was given.`,
    range,
    hint: `-var ${name}=…, MPC_VAR_${name}=…, or a file such as values.auto.mpcvars.hcl`,
  })
