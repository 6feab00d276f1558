import type { Plan } from '../plan/plan.ts'
import { type OutputView, outputLines } from './output-view.ts'
import { type AttributeView, planFrame, type ResourceView, resourceViews, type StepView } from './plan-view.ts'
import { type Paint, signTone } from './style.ts'

const attributeLines = (attributes: readonly AttributeView[], paint: Paint): readonly string[] => {
  const width = Math.max(0, ...attributes.map(({ name }) => name.length))
  return attributes.flatMap(({ symbol, tone, name, text, below, effect }) => {
    const note = effect === '' ? '' : paint('warning', `  # ${effect}`)
    return [
      `      ${paint(tone, symbol)} ${name.padEnd(width)} = ${text}${note}`.trimEnd(),
      ...below.map((line) => `      ${paint(signTone(line), line)}`.trimEnd()),
    ]
  })
}

const stepLines = (step: StepView, paint: Paint): readonly string[] => {
  const number = `${step.number}.`.padStart(7)
  const disruption = step.disruptionText === '' ? '' : ` ${paint('warning', `[${step.disruptionText}]`)}`
  const undo = step.irreversible ? paint('error', step.undo) : paint('dim', `undo: ${step.undo}`)
  return [`${number} ${step.summary}${disruption}`, `        ${undo}`]
}

const resourceText = (resource: ResourceView, paint: Paint): string =>
  [
    `  ${paint('bold', `# ${resource.heading}`)}`,
    `  ${paint(resource.tone, resource.symbol)} ${resource.guest}`,
    ...attributeLines(resource.attributes, paint),
    ...resource.steps.flatMap((step) => stepLines(step, paint)),
    '',
  ].join('\n')

const outputBlock = (outputs: readonly OutputView[]): readonly string[] =>
  outputs.length === 0 ? [] : ['  Outputs:', ...outputLines(outputs), '']

/** A plan as lines of text, for pipes, logs and terminals without Ink. Ends with a newline. */
export const planText = (plan: Plan, paint: Paint): string => {
  const { title, empty, outputs, summary, undo, reversible } = planFrame(plan)
  if (empty) return `${title}\n`
  return [
    paint('bold', title),
    '',
    ...Array.from(resourceViews(plan), (resource) => resourceText(resource, paint)),
    ...outputBlock(outputs),
    `${paint('bold', 'Plan:')} ${summary} ${reversible ? undo : paint('error', undo)}`,
    '',
  ].join('\n')
}
