import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Loss } from './export.ts'

const LONGEST = 60

const cell = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
  return cut.replaceAll('|', '\\|').replaceAll('`', "'")
}

const byAddress = (losses: readonly Loss[]): ReadonlyMap<string, readonly Loss[]> => {
  const groups = new Map<string, Loss[]>()
  for (const loss of losses) groups.set(loss.address, [...(groups.get(loss.address) ?? []), loss])
  return groups
}

/** The report as Markdown: one table for each guest. */
export const lossReport = (tool: string, losses: readonly Loss[], leftOut: readonly Diagnostic[]): string => {
  const head = `# What ${tool} does not keep\n`
  if (losses.length === 0 && leftOut.length === 0)
    return `${head}\nNothing is lost: everything of every guest is expressed.\n`
  const missing = leftOut.length === 0 ? '' : `\n${leftOut.map(({ detail }) => `- ${detail}\n`).join('')}`
  const tables = [...byAddress(losses)].map(([address, own]) => {
    const rows = own.map(({ key, value, consequence }) => `| \`${key}\` | ${cell(value)} | ${consequence} |\n`)
    return `\n## ${address}\n\n| key | value | what comes of it |\n| --- | --- | --- |\n${rows.join('')}`
  })
  return `${head}${missing}${tables.join('')}`
}

/** One warning for each guest that loses something. */
export const lossDiagnostics = (tool: string, losses: readonly Loss[]): readonly Diagnostic[] =>
  [...byAddress(losses)].map(([address, own]) => {
    const keys = own.map(({ key }) => key)
    const some = keys.length > 6 ? `${keys.slice(0, 6).join(', ')} and ${keys.length - 6} more` : keys.join(', ')
    return diagnose('export.loss', {
      address,
      detail: `${tool} does not keep ${some} of ${address} as ${keys.length === 1 ? 'it is' : 'they are'}. LOSSES.md says what comes of it.`,
    })
  })
