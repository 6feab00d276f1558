import { counted } from '../util/counted.ts'

/** So many lines stay around what changed. */
const CONTEXT = 3

const sameUpTo = (most: number, isSame: (at: number) => boolean): number => {
  for (let at = 0; at < most; at++) if (!isSame(at)) return at
  return most
}

const unchanged = (lines: readonly string[], hidden: readonly string[]): readonly string[] =>
  [...(hidden.length > 1 ? [`    (${counted(hidden.length, 'line')} as before)`] : hidden), ...lines].map(
    (line) => `  ${line}`,
  )

/**
 * What becomes of a value of several lines: lines that go begin with `- `, new ones with `+ `, the others with two blanks. Of what stays the
 * same, only the lines next to the change and the first and the last are shown.
 */
export const changedLines = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const most = Math.min(before.length, after.length)
  const head = sameUpTo(most, (at) => before[at] === after[at])
  const tail = sameUpTo(most - head, (at) => before.at(-1 - at) === after.at(-1 - at))
  const above = after.slice(1, head)
  const below = after.slice(after.length - tail)
  const near = below.slice(0, CONTEXT)
  const far = below.slice(CONTEXT)
  return [
    ...after.slice(0, Math.min(1, head)).map((line) => `  ${line}`),
    ...unchanged(above.slice(-CONTEXT), above.slice(0, -CONTEXT)),
    ...before.slice(head, before.length - tail).map((line) => `- ${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+ ${line}`),
    ...near.map((line) => `  ${line}`),
    ...unchanged(far.slice(-1), far.slice(0, -1)),
  ]
}

const named = (name: string, lines: readonly string[], sign: string): readonly string[] => {
  const [first = '', ...below] = lines
  return [`${sign} ${name} = ${first}`, ...below.map((line) => `${sign} ${line}`.trimEnd())]
}

/** What becomes of a named value, as `diff` would say it: what goes begins with `- `, what comes with `+ `; no lines: there is none on that side. */
export const signedLines = (name: string, before: readonly string[], after: readonly string[]): readonly string[] => {
  if (before.length === 0) return named(name, after, '+')
  if (after.length === 0) return named(name, before, '-')
  if (before.length === 1 && after.length === 1) return [...named(name, before, '-'), ...named(name, after, '+')]
  return [`  ${name} =`, ...changedLines(before, after)]
}
