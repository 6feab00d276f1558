import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesOf, COMMENT_LIMIT } from '../../src/render/markdown-text.ts'
import { planMarkdown } from '../../src/render/plan-markdown.ts'
import { DISRUPTIONS } from '../../src/resource/change.ts'
import type { Reversal } from '../../src/resource/reversal.ts'
import { matchesGolden } from '../golden.ts'
import { sample } from '../sample.ts'
import { hostilePlan, planOf } from './hostile-plan.ts'
import { emptyPlan, samplePlan, wordyPlan } from './sample-plan.ts'

test('a plan as a comment: counts, what is dangerous, a fold for each resource, fingerprint and marker', () => {
  matchesGolden(planMarkdown(samplePlan), 'render/plan.md')
  matchesGolden(planMarkdown(wordyPlan), 'render/wordy-plan.md')
})

test('an empty plan is one sentence under the same marker', () => {
  assert.is(
    planMarkdown(emptyPlan),
    '<!-- mpc:plan -->\n## mpc plan\n\n<code>No changes&#46; The cluster matches the declarations&#46;</code>\n',
  )
})

test('a secret is in no comment', () => {
  const text = planMarkdown(samplePlan)
  assert.not.ok(text.includes('correct horse'))
  assert.not.ok(text.includes('f00'))
})

/** What stands outside of fences, as a forge reads it: a fence ends with as many backticks as it began with, or more. */
const outsideFences = (markdown: string): string => {
  const outside: string[] = []
  let open = ''
  for (const line of markdown.split('\n')) {
    const ticks = /^ {0,3}(`{3,})([^`]*)$/.exec(line)
    if (open === '' && ticks) open = ticks[1] ?? ''
    else if (open !== '' && ticks?.[2]?.trim() === '' && (ticks[1]?.length ?? 0) >= open.length) open = ''
    else if (open === '') outside.push(line)
  }
  assert.is(open, '', 'a fence does not end')
  return outside.join('\n')
}

test('names and values that hold backticks, pipes, HTML, mentions, links and newlines are shown and not obeyed', () => {
  const text = planMarkdown(hostilePlan)
  const outside = outsideFences(text)
  for (const bad of [
    '<script',
    '<img',
    '@everyone',
    'https://',
    'www.',
    '# not a heading',
    '| a |',
    '&lt;',
    '\u001b',
    '\u202e',
    '~bug',
  ])
    assert.not.ok(outside.includes(bad), `${bad} is obeyed`)
  const count = (part: string) => outside.split(part).length - 1
  assert.is(count('<details>'), hostilePlan.changes.length)
  assert.is(count('</details>'), hostilePlan.changes.length)
  assert.is(count('<!--'), 1)
  assert.is(count('<code>'), count('</code>'))
  matchesGolden(text, 'render/hostile-plan.md')
})

/** Numbers of steps that a comment names, alone or in a range, before its list of changes. */
const namedSteps = (markdown: string): ReadonlySet<number> => {
  const [first = ''] = markdown.split('### Changes')
  const named = new Set<number>()
  for (const [, number] of first.matchAll(/^(\d+)\. /gm)) named.add(Number(number))
  for (const [, list = ''] of first.matchAll(/^steps (.*)$/gm))
    for (const run of list.split(', ')) {
      const [from = 0, to = from] = run.split('-').map(Number)
      for (let number = from; number <= to; number++) named.add(number)
    }
  return named
}

const { seeds, again } = sample('render/plan-markdown', { few: 6, all: 60 })

/** Mulberry32: numbers from 0 to 1, equal for equal seeds. */
const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const one = Math.imul(state ^ (state >>> 15), 1 | state)
    const two = (one + Math.imul(one ^ (one >>> 7), 61 | one)) ^ one
    return ((two ^ (two >>> 14)) >>> 0) / 4_294_967_296
  }
}

const REVERSALS: readonly Reversal[] = [
  { by: 'requests', requests: [], note: 'set it back' },
  { by: 'snapshot', name: 'mpc-before', requests: [] },
  { by: 'nothing', reason: 'the volume was erased, and nothing has a copy of what was on it' },
]

for (const seed of seeds)
  test(`a comment on 1,000 resources fits and names every dangerous step: seed ${seed}`, () => {
    const next = random(seed)
    const of = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T
    const harmless = next()
    const word = (most: number) => 'ä`|<word> '.repeat(Math.ceil((next() * most) / 10))
    const [long, wide] = [next() * next() * 300, next() * next() * 4000]
    const plan = planOf(
      Array.from({ length: 1000 }, (_, at) => {
        const steps = Array.from({ length: 1 + Math.floor(next() * 3) }, () =>
          next() < harmless
            ? { summary: word(long), disruption: 'none' as const, reversal: REVERSALS[0] as Reversal }
            : { summary: word(long), disruption: of(DISRUPTIONS), reversal: of(REVERSALS) },
        )
        return {
          address: `module.site.vm.web["${at}${word(long)}"]`,
          name: `web-${at}`,
          attributes: [{ name: 'description', after: `${word(wide)}\n${word(wide)}`, disruption: 'live' as const }],
          disruption: 'live' as const,
          steps,
        }
      }),
    )
    const text = planMarkdown(plan)
    assert.ok(bytesOf(text) <= COMMENT_LIMIT, `${bytesOf(text)} bytes; ${again}`)
    outsideFences(text)
    const named = namedSteps(text)
    plan.steps.forEach(({ disruption, reversal }, at) => {
      const isDangerous = ['data-loss', 'recreate', 'restart'].includes(disruption) || reversal.by !== 'requests'
      assert.is(named.has(at + 1), isDangerous, `step ${at + 1}; ${again}`)
    })
  })

test.run()
