import type { Plan } from '../plan/plan.ts'
import { UNKNOWN, valueLines } from './value-lines.ts'

export interface OutputView {
  readonly name: string
  readonly text: string
  readonly below: readonly string[]
}

/** Outputs as people read them. */
export const outputViews = (outputs: Plan['outputs']): readonly OutputView[] =>
  outputs.map(({ name, value, sensitive }) => {
    const [text = '', ...below] = sensitive ? ['(sensitive)'] : value === undefined ? [UNKNOWN] : valueLines(value)
    return { name, text, below }
  })

/** Outputs as lines of text, without a heading. */
export const outputLines = (outputs: readonly OutputView[]): readonly string[] =>
  outputs.flatMap(({ name, text, below }) => [
    `      ${name} = ${text}`,
    ...below.map((line) => `      ${line}`.trimEnd()),
  ])

/** What stands after an apply; empty when there are none. */
export const outputsText = (outputs: Plan['outputs']): string =>
  outputs.length === 0 ? '' : ['', 'Outputs:', ...outputLines(outputViews(outputs)), ''].join('\n')

/** For machines. Sensitive values are left out; so are those that the server is still to choose. */
export const outputJson = ({ name, value, sensitive }: Plan['outputs'][number]): object => {
  if (sensitive) return { name, sensitive }
  return value === undefined ? { name, sensitive, unknown: true } : { name, sensitive, value }
}
