import * as assert from 'uvu/assert'

/** Compares line by line and shows only the lines that differ. */
export const sameLines = (actual: string, expected: string, message: string): void => {
  if (actual === expected) return
  const [left, right] = [actual.split('\n'), expected.split('\n')]
  const only = (a: readonly string[], b: readonly string[]) => a.filter((line) => !b.includes(line)).join('\n')
  assert.unreachable(`${message}\nnow:\n${only(left, right)}\nbefore:\n${only(right, left)}`)
}
