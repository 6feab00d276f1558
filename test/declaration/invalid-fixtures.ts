import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadOptions } from '../../src/declaration/load-declarations.ts'
import { loadDeclarations } from '../../src/declaration/load-declarations.ts'
import { lookupsOf } from '../../src/declaration/lookups-of.ts'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import type { SourceRange } from '../../src/diagnostic/source-range.ts'
import { nodeFiles } from '../../src/io/node-files.ts'

/** One folder of `fixtures/declarations/invalid`: wrong declarations and, in `expected.json`, what mpc says of them. */
export interface InvalidFixture {
  readonly name: string
  readonly folder: string
  /** `*.mpc.yaml` files, by name. */
  readonly yaml: readonly string[]
}

export const INVALID = join('declarations', 'invalid')
const root = join(process.cwd(), 'fixtures', INVALID)

export const invalidFixtures = (): readonly InvalidFixture[] =>
  readdirSync(root)
    .sort()
    .map((name) => {
      const folder = join(root, name)
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      return { name, folder, yaml: files.filter((file) => file.endsWith('.mpc.yaml')).sort() }
    })

/** A cluster in which nothing is found. */
const EMPTY_CLUSTER = lookupsOf({
  cluster: { name: 'empty', version: '9.2' },
  nodes: [],
  storages: [],
  pools: [],
  guests: [],
})

type Extra = Pick<LoadOptions, 'paths' | 'variables' | 'env'> & { readonly synced: boolean }

const extraOf = (folder: string): Partial<Extra> =>
  readdirSync(folder).includes('options.json')
    ? (JSON.parse(readFileSync(join(folder, 'options.json'), 'utf8')) as Partial<Extra>)
    : {}

export const diagnosticsOf = async ({ folder }: InvalidFixture): Promise<readonly Diagnostic[]> => {
  const { synced = false, ...extra } = extraOf(folder)
  const { diagnostics } = await loadDeclarations({
    env: {},
    ...extra,
    ...(synced && { lookups: EMPTY_CLUSTER }),
    folder,
    files: nodeFiles,
    fingerprintKey: 'fixtures',
  })
  return diagnostics
}

const place = (range: SourceRange | undefined): string => {
  if (!range) return ''
  const { filename, start, end } = range
  return `${filename}:${start.line}:${start.column}-${end.line}:${end.column}`
}

/** What a golden file holds of a diagnostic: everything a person is told, and where. */
export const goldenOf = (diagnostics: readonly Diagnostic[], folder: string): string => {
  const sorted = diagnostics.toSorted(
    (a, b) =>
      (a.range?.filename ?? '').localeCompare(b.range?.filename ?? '') ||
      (a.range?.start.byte ?? 0) - (b.range?.start.byte ?? 0) ||
      a.code.localeCompare(b.code),
  )
  const told = sorted.map(({ severity, code, summary, detail, range, address, hint }) => ({
    code,
    severity,
    at: place(range),
    ...(address !== undefined && { address }),
    summary,
    detail: detail.replaceAll(folder, '<folder>'),
    ...(hint !== undefined && { hint }),
  }))
  return `${JSON.stringify(told, null, 2)}\n`
}
