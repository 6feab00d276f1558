import type { Random } from './random.ts'

const KEYS = ['a', 'web', 'net0', '"quoted key"', "'single'", '1', 'null', 'key with blanks', 'x.y', 'für']
const PLAIN = [
  '1',
  '0x1F',
  '1.50',
  '12345678901234567890',
  'true',
  'off',
  '~',
  'null',
  'plain text',
  'a:b',
  'a#b',
  '-1',
  '2026-11-21',
  `\${var.x}`,
  'http://example.org/?a=b&c=d',
  'é😀',
]
const QUOTED = [
  '""',
  '"two words"',
  '"tab\\tand \\"quotes\\""',
  '"\\u00e9"',
  "''",
  "'it''s'",
  "'# no comment'",
  '"a: b"',
  '"- x"',
  '"ends in a blank "',
]
const LONG = 'a long text that goes on and on beyond every width that a line of a file should have, '.repeat(3)

interface Writing {
  readonly random: Random
  /** Names of anchors that stand above, with what they stand for. */
  readonly anchors: string[]
  readonly maps: string[]
}

const scalar = ({ random, anchors }: Writing): string => {
  const chance = random.below(20)
  if (chance === 0 && anchors.length > 0) return `*${random.pick(anchors)}`
  if (chance === 1) return `"${LONG.trim()}"`
  if (chance === 2) return LONG.trim().replaceAll(',', '')
  return chance < 12 ? random.pick(PLAIN) : random.pick(QUOTED)
}

const flow = (writing: Writing, depth: number): string => {
  const { random } = writing
  if (depth <= 0) return random.pick([...PLAIN.filter((text) => !/[{}[\],]/.test(text)), ...QUOTED])
  const gap = random.pick(['', ' ', '  '])
  const items = Array.from({ length: random.below(4) }, (_, index) =>
    random.chance(0.5) ? flow(writing, depth - 1) : `k${index}: ${flow(writing, depth - 1)}`,
  )
  if (random.chance(0.5))
    return `[${gap}${items.map((item) => (item.startsWith('k') ? item : item)).join(`,${gap || ' '}`)}${gap}]`
  const entries = items.map((item, index) => (item.startsWith('k') ? item : `e${index}: ${item}`))
  return `{${gap}${entries.join(`,${gap || ' '}`)}${gap}}`
}

/** A literal or folded text with its lines below it. */
const blockText = ({ random }: Writing, indent: number): string => {
  const step = random.pick([1, 2, 4])
  const lines = Array.from(
    { length: 1 + random.below(4) },
    () =>
      `${' '.repeat(indent + step)}${random.pick(['one line', '  deeper', '', '# no comment', 'a: b', `\${x}`, '- item'])}`,
  )
  const header = `${random.pick(['|', '>'])}${random.pick(['', '', '-', '+'])}${random.chance(0.15) ? ' # about it' : ''}`
  const first = `${' '.repeat(indent + step)}first`
  return `${header}\n${[first, ...lines].map((line) => line.replace(/^ +$/, '')).join('\n')}`
}

const trailing = ({ random }: Writing): string => random.pick(['', '', '', ' # about this', '   # spaced'])

const between = ({ random }: Writing, indent: number): string =>
  random.pick(['', '', '', '', '\n', '\n\n', `${' '.repeat(indent)}# a comment\n`, `${' '.repeat(indent)}# one\n\n`])

const nested = (writing: Writing, indent: number, depth: number): string => {
  const { random, anchors, maps } = writing
  const step = random.pick([1, 2, 2, 3, 4])
  const isMap = random.chance(0.6)
  const name = `n${anchors.length + maps.length}`
  const isNamed = random.chance(0.15)
  const body = isMap
    ? map(writing, indent + step, depth - 1)
    : list(writing, indent + random.pick([0, step]), depth - 1)
  if (isNamed && isMap) maps.push(name)
  return `${isNamed ? ` &${name}` : ''}${trailing(writing)}\n${body}`.replace(/\n$/, '')
}

const value = (writing: Writing, indent: number, depth: number): string => {
  const { random, anchors } = writing
  if (depth > 0 && random.chance(0.4)) return nested(writing, indent, depth)
  if (random.chance(0.12)) return ` ${blockText(writing, indent)}`
  if (random.chance(0.2)) return ` ${flow(writing, 2)}${trailing(writing)}`
  if (random.chance(0.05)) return trailing(writing)
  if (random.chance(0.08)) {
    const name = `s${anchors.length}`
    const text = `&${name} ${random.pick(PLAIN)}`
    anchors.push(name)
    return ` ${text}${trailing(writing)}`
  }
  return `${random.pick([' ', ' ', '   '])}${scalar(writing)}${trailing(writing)}`
}

const map = (writing: Writing, indent: number, depth: number): string => {
  const { random, maps } = writing
  const count = 1 + random.below(4)
  const keys = [...KEYS].sort(() => random.below(3) - 1).slice(0, count)
  const pad = ' '.repeat(indent)
  const merge = maps.length > 0 && random.chance(0.2) ? `${pad}<<: *${random.pick(maps)}\n` : ''
  return (
    merge + keys.map((key) => `${between(writing, indent)}${pad}${key}:${value(writing, indent, depth)}\n`).join('')
  )
}

const list = (writing: Writing, indent: number, depth: number): string =>
  Array.from({ length: 1 + writing.random.below(3) }, () => {
    const pad = ' '.repeat(indent)
    const isMap = depth > 0 && writing.random.chance(0.4)
    const item = isMap
      ? ` ${map(writing, indent + 2, depth - 1)
          .replace(/^(?:\s*#[^\n]*\n|\s*\n)+/, '')
          .trimStart()
          .replace(/\n$/, '')}`
      : value(writing, indent, 0)
    return `${between(writing, indent)}${pad}-${item}\n`
  }).join('')

/** A YAML file as people write them: odd indentation, comments, anchors, texts over several lines. Nearly always well-formed. */
export const generatedYaml = (random: Random): string => {
  const writing: Writing = { random, anchors: [], maps: [] }
  const text = `${random.pick(['', '', '---\n', '# top\n\n'])}${map(writing, 0, 3)}${random.pick(['', '', '# last\n', '\n\n'])}`
  return random.chance(0.1) ? text.replaceAll('\n', '\r\n') : text
}
