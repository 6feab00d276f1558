import type { Random } from './random.ts'

const NAMES = ['a', 'b', 'name', 'x1', 'with-dash', '_under', 'für', 'true', 'if', 'in', 'null', 'else', 'endfor', 'A']
const VALUES = ['a', 'b', 'name', 'x1', 'with-dash', '_under', 'für', 'A']
const STRINGS = [
  '',
  'a',
  'two words',
  '\\n',
  '\\"',
  '\\\\',
  '\\u00e9',
  '$',
  '$$',
  '%',
  '$${x}',
  '%%{x}',
  '#',
  '//',
  '{}',
  'é😀',
  "'",
]
const NUMBERS = ['0', '1', '42', '1.5', '1e3', '2.5E-2', '007', '12345678901234567890', '0.001']
const BINARY = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||']

type Make = (random: Random, depth: number) => string

const several = (random: Random, most: number, make: () => string, separator: string): string =>
  Array.from({ length: random.below(most + 1) }, make).join(separator)

const text: Make = (random) => several(random, 2, () => random.pick(STRINGS), '')

const sequence: Make = (random, depth) => {
  const [open, close] = [random.pick(['', '', '~']), random.pick(['', '', '~'])]
  if (depth > 0 && random.chance(0.15))
    return `%{${open} if ${expression(random, depth - 1)} ${close}}${text(random, 0)}%{ ${random.pick(['endif', `else }${text(random, 0)}%{ endif`])} }`
  if (depth > 0 && random.chance(0.15))
    return `%{ for ${random.pick(['x', 'k, v'])} in ${expression(random, depth - 1)} }${text(random, 0)}%{ endfor ${close}}`
  return `\${${open}${random.pick(['', ' '])}${expression(random, depth - 1)}${random.pick(['', ' '])}${close}}`
}

const quoted: Make = (random, depth) => {
  if (depth <= 0 || random.chance(0.6)) return `"${text(random, 0)}"`
  return `"${several(random, 3, () => (random.chance(0.5) ? text(random, 0) : sequence(random, depth)), '')}"`
}

const heredoc: Make = (random, depth) => {
  const lines = several(
    random,
    3,
    () =>
      `${random.pick(['', '  ', '    ', '\t'])}${random.chance(0.4) && depth > 0 ? sequence(random, depth) : random.pick(['line', '', 'a b', '"q"', '\\n', 'EOTX', '$', '%'])}\n`,
    '',
  )
  return `<<${random.pick(['', '-'])}EOT\n${lines}${random.pick(['', '  '])}EOT\n`
}

const list: Make = (random, depth) => {
  const gap = random.pick(['', ' ', '\n', ' # c\n', ' /* c */ '])
  const items = several(random, 3, () => `${gap}${expression(random, depth - 1)}`, ',')
  return `[${items}${items !== '' && random.chance(0.2) ? ',' : ''}${gap}]`
}

const key: Make = (random, depth) =>
  random.pick([...VALUES, '"k"', '"k k"', '1', `(${expression(random, depth - 1)})`, quoted(random, depth - 1)])

const object: Make = (random, depth) => {
  const separator = random.pick([', ', '\n', ',\n', '\n\n', ' # c\n'])
  const items = several(
    random,
    3,
    () => `${key(random, depth)} ${random.pick(['=', ':'])} ${expression(random, depth - 1)}`,
    separator,
  )
  const edge = separator.includes('\n') ? '\n' : ' '
  return `{${edge}${items}${edge}}`
}

const forExpression: Make = (random, depth) => {
  const names = random.pick(['v', 'k, v'])
  const condition = random.chance(0.3) ? ` if ${expression(random, depth - 1)}` : ''
  const gap = random.pick([' ', '\n'])
  if (random.chance(0.5))
    return `[for ${names} in ${expression(random, depth - 1)} :${gap}${expression(random, depth - 1)}${condition}]`
  const group = random.chance(0.3) ? '...' : ''
  return `{for ${names} in ${expression(random, depth - 1)} :${gap}${expression(random, depth - 1)} => ${expression(random, depth - 1)}${group}${condition}}`
}

const call: Make = (random, depth) => {
  const gap = random.pick(['', ' ', '\n'])
  const args = several(random, 3, () => `${gap}${expression(random, depth - 1)}`, ',')
  return `${random.pick(['f', 'max', 'with-dash'])}(${args}${args !== '' && random.chance(0.2) ? random.pick(['...', ',']) : ''}${gap})`
}

const access: Make = (random, depth) => {
  const root = random.chance(0.8) ? random.pick(VALUES) : `(${expression(random, depth - 1)})`
  const step = (): string =>
    random.pick([
      '.b',
      '.name',
      '[0]',
      '["k"]',
      '[*]',
      '.*',
      '.0',
      `[${expression(random, depth - 1)}]`,
      ' . b',
      '[ 1 ]',
      '[ * ]',
    ])
  return `${root}${several(random, 3, step, '')}`
}

const ATOMS: readonly Make[] = [
  (random) => random.pick(NUMBERS),
  (random) => random.pick(['true', 'false', 'null']),
  (random) => random.pick(VALUES),
  (random) => quoted(random, 0),
]

const NESTED: readonly Make[] = [
  quoted,
  list,
  object,
  forExpression,
  call,
  access,
  (random, depth) => `(${random.pick(['', '\n'])}${expression(random, depth - 1)}${random.pick(['', '\n', ' # c\n'])})`,
  (random, depth) => `${random.pick(['-', '!', '- '])}${expression(random, depth - 1)}`,
  (random, depth) => `${expression(random, depth - 1)} ${random.pick(BINARY)} ${expression(random, depth - 1)}`,
  (random, depth) => `${expression(random, depth - 1)}${random.pick(BINARY)}${expression(random, depth - 1)}`,
  (random, depth) =>
    `${expression(random, depth - 1)} ? ${expression(random, depth - 1)} : ${expression(random, depth - 1)}`,
]

/** An expression that is mostly valid; line breaks may stand where they must not. */
export const expression: Make = (random, depth) =>
  depth <= 0 ? random.pick(ATOMS)(random, 0) : random.pick(random.chance(0.35) ? ATOMS : NESTED)(random, depth)

const comment: Make = (random) => random.pick(['', '', '', ' # comment', ' // comment', ' /* c */'])

const attribute: Make = (random, depth) => {
  const value = random.chance(0.1) ? heredoc(random, depth) : `${expression(random, depth)}${comment(random, 0)}\n`
  return `${random.pick(NAMES)}${random.below(1000)} ${random.pick(['=', ' = '])} ${value}`
}

const block: Make = (random, depth) => {
  const labels = several(random, 2, () => random.pick([' "l"', ' "two words"', ' bare', ' "é"', ' "\\""']), '')
  const head = `${random.pick(['vm', 'b', 'with-dash', 'locals'])}${labels} {`
  if (random.chance(0.2)) return `${head}${random.pick(['', ' ', ` x = ${expression(random, 1)} `])}}\n`
  const body = several(
    random,
    4,
    () => (depth > 0 && random.chance(0.3) ? block(random, depth - 1) : attribute(random, 2)),
    random.pick(['', '\n']),
  )
  return `${head}${comment(random, 0).replace('/* c */', '')}\n${body}}${comment(random, 0)}\n`
}

/** A file of blocks and attributes. */
export const generatedFile = (random: Random): string => {
  const parts = several(
    random,
    4,
    () => random.pick([block, block, attribute, () => '# comment\n', () => '/* a\nb */\n', () => '\n'])(random, 2),
    '',
  )
  const file = random.chance(0.05) ? `\uFEFF${parts}` : parts
  return random.chance(0.1) ? file.replaceAll('\n', '\r\n') : file
}

const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '=',
  ',',
  '\n',
  '${',
  '%{',
  '~}',
  '#',
  '/*',
  '*/',
  '.',
  '...',
  '=>',
  ':',
  '?',
  '<<EOT\n',
  'for',
  'if',
  ' in ',
  '*',
  '-',
  '!',
  '0x1',
  '1.',
  '\\',
  '$${',
  "'",
  ';',
  '\r',
  'null',
  'EOT\n',
  '\t',
  'é',
  '::',
  '&',
  '|',
  '<',
]

/** A small change somewhere. */
export const mutated = (random: Random, given: string): string => changed(random, given).replace(/\p{Surrogate}/gu, '')

const changed = (random: Random, given: string): string => {
  const at = random.below(given.length + 1)
  const end = Math.min(given.length, at + 1 + random.below(3))
  switch (random.below(5)) {
    case 0:
      return given.slice(0, at) + given.slice(end)
    case 1:
      return given.slice(0, at) + random.pick(PIECES) + given.slice(at)
    case 2:
      return given.slice(0, at) + random.pick(PIECES) + given.slice(end)
    case 3: {
      const from = random.below(given.length + 1)
      return given.slice(0, at) + given.slice(from, from + random.below(20)) + given.slice(at)
    }
    default: {
      const lines = given.split('\n')
      const [i, j] = [random.below(lines.length), random.below(lines.length)]
      const swapped = lines.map((line, index) =>
        index === i ? (lines[j] ?? line) : index === j ? (lines[i] ?? line) : line,
      )
      return swapped.join('\n')
    }
  }
}
