import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FILES, type Outcome } from './expression-fixtures.ts'

const environment = { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1', TF_CLI_ARGS: '' }

const terraform = (folder: string, args: readonly string[], input = ''): string =>
  spawnSync('terraform', args, { cwd: folder, env: environment, input, encoding: 'utf8', maxBuffer: 256_000_000 })
    .stdout

/** The version of the `terraform` on this machine, or undefined. */
export const terraformVersion = (): string | undefined => {
  const { stdout, status } = spawnSync('terraform', ['version', '-json'], { env: environment, encoding: 'utf8' })
  return status === 0 ? (JSON.parse(stdout) as { readonly terraform_version: string }).terraform_version : undefined
}

interface Diagnostic {
  readonly severity: string
  readonly summary: string
  readonly detail: string
  readonly range?: { readonly start: { readonly line: number } }
}

/** Writes each expression as a local and an output of its own; gives the line each begins on. */
const writeConfiguration = (folder: string, expressions: ReadonlyMap<number, string>): ReadonlyMap<number, number> => {
  const lines = new Map<number, number>()
  let text = ''
  let line = 1
  for (const [index, expression] of expressions) {
    lines.set(index, line)
    const piece = `locals {\n  e${index} = try([${expression}\n  ], "FAILS")\n}\noutput "e${index}" {\n  value = local.e${index}\n  sensitive = true\n}\n`
    text += piece
    line += piece.split('\n').length - 1
  }
  writeFileSync(join(folder, 'main.tf'), text)
  return lines
}

const indexAt = (lines: ReadonlyMap<number, number>, line: number): number | undefined => {
  let found: number | undefined
  for (const [index, start] of lines) if (start <= line) found = index
  return found
}

/** Leaves out what Terraform refuses before it evaluates anything: such expressions fail. */
const withoutInvalid = (folder: string, all: readonly string[]): ReadonlyMap<number, string> => {
  const left = new Map(all.map((expression, index) => [index, expression] as const))
  for (;;) {
    const lines = writeConfiguration(folder, left)
    const { diagnostics } = JSON.parse(terraform(folder, ['validate', '-json'])) as {
      readonly diagnostics: readonly Diagnostic[]
    }
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return left
    for (const { range, summary, detail } of errors) {
      const index = range && indexAt(lines, range.start.line)
      if (index === undefined || !left.delete(index))
        if (index === undefined) throw new Error(`terraform: ${summary}: ${detail}`)
    }
  }
}

type JsonType = string | readonly [string, JsonType | readonly JsonType[] | { readonly [name: string]: JsonType }]

/** Terraform's own notation for types, indented as `type()` does. */
const typeText = (type: JsonType, depth = 0): string => {
  if (typeof type === 'string') return type
  const [kind, inner] = type
  const pad = '    '.repeat(depth + 1)
  const end = '    '.repeat(depth)
  if (kind === 'tuple') {
    const elements = inner as readonly JsonType[]
    if (elements.length === 0) return 'tuple([])'
    return `tuple([\n${elements.map((one) => `${pad}${typeText(one, depth + 1)},\n`).join('')}${end}])`
  }
  if (kind === 'object') {
    const attributes = Object.entries(inner as { readonly [name: string]: JsonType })
    if (attributes.length === 0) return 'object({})'
    return `object({\n${attributes.map(([name, one]) => `${pad}${name}: ${typeText(one, depth + 1)},\n`).join('')}${end}})`
  }
  const element = inner as JsonType
  return typeof element !== 'string' && (element[0] === 'tuple' || element[0] === 'object')
    ? `${kind}(\n${pad}${typeText(element, depth + 1)},\n${end})`
    : `${kind}(${typeText(element, depth)})`
}

/** Stands for the value where JSON has none: infinity. */
export const NO_JSON = 'no JSON'

/** What the console prints for every value, as JSON; each is encoded by itself so that numbers keep their digits. */
const consoleValues = (folder: string, indices: readonly number[]): readonly string[] => {
  const values = indices.map((index) => `try(jsonencode(local.e${index}), "${NO_JSON}")`).join(', ')
  const printed = terraform(folder, ['console', '-no-color'], `nonsensitive(base64encode(jsonencode([${values}])))\n`)
  return JSON.parse(Buffer.from(printed.trim().slice(1, -1), 'base64').toString())
}

const outputTypes = (
  folder: string,
  expressions: ReadonlyMap<number, string>,
): { readonly [name: string]: { readonly type: JsonType } } => {
  writeConfiguration(folder, expressions)
  terraform(folder, ['apply', '-auto-approve', '-no-color'])
  return JSON.parse(terraform(folder, ['output', '-json']))
}

/** What the console prints for one line. */
export const consoleLine = (line: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-terraform-'))
  try {
    return terraform(folder, ['console', '-no-color'], `${line}\n`).trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the real Terraform makes of each expression: its console for values and failures, its outputs for types. */
export const terraformOutcomes = (expressions: readonly string[]): readonly Outcome[] => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-terraform-'))
  try {
    cpSync(FILES, join(folder, 'files'), { recursive: true })
    const valid = withoutInvalid(folder, expressions)
    const indices = [...valid.keys()]
    const values = consoleValues(folder, indices)
    const infinite = new Map<number, string>()
    for (const [at, index] of indices.entries())
      if (values[at] === NO_JSON)
        infinite.set(index, terraform(folder, ['console', '-no-color'], `type(local.e${index})\n`).trim())
    const types = outputTypes(folder, new Map([...valid].filter(([index]) => !infinite.has(index))))
    const outcomes: Outcome[] = expressions.map(() => 'fails')
    for (const [at, index] of indices.entries()) {
      const value = values[at] ?? ''
      const type = types[`e${index}`]?.type
      const text = infinite.get(index) ?? (type === undefined ? '' : typeText(type))
      if (value !== '"FAILS"') outcomes[index] = { value, type: text }
    }
    return outcomes
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
