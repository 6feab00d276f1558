import type { Plan } from '../plan/plan.ts'
import { counted } from '../util/counted.ts'
import { bytesOf, COMMENT_LIMIT, clipped, code, fence, withoutMiddle } from './markdown-text.ts'
import { outputLines } from './output-view.ts'
import { type PlanView, planView, type ResourceView, type StepView } from './plan-view.ts'
import { RISK_TEXT, RISKS, type Risk } from './risk.ts'

/** By it a comment with a plan is found again, to be replaced by the next one. */
const MARKER = '<!-- mpc:plan -->'

/** Less is no account of a resource; then some are left out as a whole. */
const LEAST_FOR_ONE = 500

/** Dangers may take so much; where they take more, they are said in fewer words. */
const MOST_FOR_DANGERS = 40_000

interface Danger {
  readonly risk: Risk
  readonly resource: ResourceView
  readonly step: StepView
}

const dangersOf = ({ resources }: PlanView): readonly Danger[] =>
  resources
    .flatMap((resource) =>
      resource.steps.flatMap((step) => (step.risk === undefined ? [] : [{ risk: step.risk, resource, step }])),
    )
    .sort((a, b) => a.step.number - b.step.number)

/** Numbers as `1-4, 7`. */
const ranges = (numbers: readonly number[]): string => {
  const runs: [first: number, last: number][] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run && run[1] === number - 1) run[1] = number
    else runs.push([number, number])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}

const inFull = ({ resource, step }: Danger): readonly string[] => [
  `${step.number}. ${resource.address}, ${resource.guest}: ${step.summary}${step.disruptionText === '' ? '' : ` [${step.disruptionText}]`}`,
  `   ${step.irreversible ? '' : 'undo: '}${step.undo}`,
]

/** The same in fewer and fewer words; every step is named by its number in each of them. */
const SPELLINGS: readonly ((dangers: readonly Danger[]) => readonly string[])[] = [
  (dangers) => dangers.flatMap(inFull),
  (dangers) =>
    dangers.map(({ resource, step }) => clipped(`${step.number}. ${resource.address}: ${step.summary}`, 200)),
  (dangers) => dangers.map(({ resource, step }) => clipped(`${step.number}. ${resource.address}`, 80)),
  (dangers) =>
    dangers.map(({ resource, step }) => `${step.number}. ${clipped(resource.guest.replace(/ \(.*/, ''), 20)}`),
  (dangers) => [`steps ${ranges(dangers.map(({ step }) => step.number))}`],
]

const groupsOf = (dangers: readonly Danger[], spell: (group: readonly Danger[]) => readonly string[]): string =>
  RISKS.flatMap((risk) => {
    const group = dangers.filter((danger) => danger.risk === risk)
    if (group.length === 0) return []
    return [`**${RISK_TEXT[risk]}** (${counted(group.length, 'step')})\n`, `${fence('text', spell(group))}\n`]
  }).join('\n')

const dangerPart = (dangers: readonly Danger[]): readonly string[] => {
  if (dangers.length === 0) return []
  const texts = SPELLINGS.map((spell) => groupsOf(dangers, spell))
  return ['### Look at this first\n', texts.find((text) => bytesOf(text) <= MOST_FOR_DANGERS) ?? texts.at(-1) ?? '']
}

const COLUMNS = ['create', 'update', 'replace', 'destroy', 'bind', 'forget', 'unchanged'] as const

const table = ({ counts }: PlanView): string =>
  [
    `| ${COLUMNS.join(' | ')} |`,
    `|${COLUMNS.map(() => ' ---: ').join('|')}|`,
    `| ${COLUMNS.map((name) => (counts[name] === 0 ? '0' : `**${counts[name]}**`)).join(' | ')} |`,
    '',
  ].join('\n')

const diffLines = ({ attributes }: ResourceView): readonly string[] =>
  attributes.flatMap(({ diff, effect }) => {
    const [last = '', ...others] = diff.toReversed()
    return effect === '' ? diff : [...others.reverse(), `${last}  # ${effect}`]
  })

const stepLines = ({ steps }: ResourceView): readonly string[] =>
  steps.flatMap(({ number, summary, disruptionText, irreversible, undo }) => [
    `${number}. ${summary}${disruptionText === '' ? '' : ` [${disruptionText}]`}`,
    `   ${irreversible ? '' : 'undo: '}${undo}`,
  ])

/** A resource in a fold of its own, in at most so many bytes. */
const resourcePart = (resource: ResourceView, room: number): string => {
  const attributes = diffLines(resource)
  const { heading, guest, symbol } = resource
  const open = `<details><summary>${symbol} ${code(clipped(heading, 120))} ${code(clipped(guest, 80))}</summary>\n`
  const left = room - bytesOf(open) - 80
  const steps = withoutMiddle(stepLines(resource), attributes.length === 0 ? left : left / 2)
  const taken = steps.reduce((sum, line) => sum + bytesOf(line) + 1, 0)
  const diff = attributes.length === 0 ? [] : [`${fence('diff', withoutMiddle(attributes, left - taken))}\n`]
  return [open, ...diff, `${fence('text', steps)}\n`, '</details>\n'].join('\n')
}

/** So much every part may have, that all together have room. */
const fairShare = (sizes: readonly number[], room: number): number => {
  let left = room
  let others = sizes.length
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size * others > left) return Math.floor(left / others)
    left -= size
    others--
  }
  return room
}

const isDangerous = ({ steps }: ResourceView): boolean => steps.some(({ risk }) => risk !== undefined)

/** The resources, as far as there is room: long ones lose their middle; where even that is too much, those nobody is hurt by are only counted. */
const resourcesPart = ({ resources, id }: PlanView, room: number): string => {
  const whole = resources.map((resource) => resourcePart(resource, COMMENT_LIMIT))
  const sizes = whole.map((text) => bytesOf(text) + 1)
  const share = fairShare(sizes, room)
  if (share >= LEAST_FOR_ONE)
    return whole
      .map((text, at) => ((sizes[at] ?? 0) <= share ? text : resourcePart(resources[at] as ResourceView, share - 1)))
      .join('\n')
  const most = Math.max(0, Math.floor((room - 200) / LEAST_FOR_ONE))
  const chosen = new Set(
    [...resources.filter(isDangerous), ...resources.filter((one) => !isDangerous(one))].slice(0, most),
  )
  const shown = resources.filter((resource) => chosen.has(resource))
  return [
    ...shown.map((resource) => resourcePart(resource, LEAST_FOR_ONE - 1)),
    `${counted(resources.length - shown.length, 'more resource')} did not fit in here. All of it: \`mpc show ${id}\`\n`,
  ].join('\n')
}

const outputsPart = ({ outputs }: PlanView): readonly string[] =>
  outputs.length === 0
    ? []
    : [
        '<details><summary>Outputs</summary>\n',
        `${fence(
          'text',
          withoutMiddle(
            outputLines(outputs).map((line) => line.slice(6)),
            4000,
          ),
        )}\n`,
        '</details>\n',
      ]

/**
 * A plan as a comment for a forge: what is dangerous first, then a fold for each resource. Never longer than GitHub takes; what is cut is
 * counted, and no dangerous step is. Names and values are shown and not obeyed.
 */
export const planMarkdown = (plan: Plan): string => {
  const view = planView(plan)
  const { empty, title, summary, undo, id, fingerprint } = view
  if (empty) return `${MARKER}\n## mpc plan\n\n${code(title)}\n`
  const head = [
    MARKER,
    `## mpc plan ${id}\n`,
    `${code(title)}\n`,
    table(view),
    `**${summary}** ${undo}\n`,
    ...dangerPart(dangersOf(view)),
    '### Changes\n\n',
  ].join('\n')
  const tail = [
    ...outputsPart(view),
    `Fingerprint \`${fingerprint}\`\n`,
    plan.origin.kind === 'revert' ? '' : `Apply it with: \`mpc apply ${id}\`\n`,
  ].join('\n')
  return `${head}${resourcesPart(view, COMMENT_LIMIT - bytesOf(head) - bytesOf(tail) - 2)}\n${tail}`
}
