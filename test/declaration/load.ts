import { type Loaded, type LoadOptions, loadDeclarations } from '../../src/declaration/load-declarations.ts'
import type { Checked } from '../../src/diagnostic/diagnostic.ts'
import { memoryFiles } from './memory-files.ts'

/** Loads declarations that stand in the test; names are relative to the workspace. */
export const load = (
  texts: { readonly [name: string]: string },
  options: Partial<LoadOptions> = {},
): Promise<Checked<Loaded>> =>
  loadDeclarations({
    folder: '/w',
    files: memoryFiles(Object.fromEntries(Object.entries(texts).map(([name, text]) => [`/w/${name}`, text]))),
    env: {},
    fingerprintKey: 'key',
    ...options,
  })

/** The same for one HCL file. */
export const loadHcl = (text: string, options: Partial<LoadOptions> = {}): Promise<Checked<Loaded>> =>
  load({ 'main.mpc.hcl': text }, options)

/** `code line:column` of each problem. */
export const problemsOf = ({ diagnostics }: Checked<Loaded>): readonly string[] =>
  diagnostics.map(({ code, range }) => (range ? `${code} ${range.start.line}:${range.start.column}` : code))
