import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { changedLines } from '../../src/render/changed-lines.ts'
import { valueLines } from '../../src/render/value-lines.ts'

const CASES: readonly (readonly [what: string, value: unknown, lines: readonly string[]])[] = [
  ['what is not there', undefined, ['(unset)']],
  ['nothing', null, ['null']],
  ['a number', 2.5, ['2.5']],
  ['a text', 'say "hi"', ['"say \\"hi\\""']],
  ['a secret', { secret: 'vm.db#cipassword', fingerprint: 'f00' }, ['(sensitive)']],
  ['a short list', ['a', 'b'], ['["a", "b"]']],
  ['a short map', { bridge: 'vmbr0', tag: 20 }, ['{ bridge = "vmbr0", tag = 20 }']],
  ['an empty list', [], ['[]']],
  ['an empty map', {}, ['{}']],
  ['a long list', ['a'.repeat(40), 'b'.repeat(40)], ['[', `    "${'a'.repeat(40)}",`, `    "${'b'.repeat(40)}",`, ']']],
  [
    'a long map, with names that are no words in quotes',
    { one: 'a'.repeat(40), 'b.c': ['b'.repeat(40)] },
    ['{', `    one   = "${'a'.repeat(40)}"`, `    "b.c" = ["${'b'.repeat(40)}"]`, '}'],
  ],
  ['a text of several lines', 'one\n\n  two\n', ['<<-EOT', '    one', '', '      two', 'EOT']],
  [
    'a text of several lines in a map',
    { hosts: 'a\nb\n' },
    ['{', '    hosts = <<-EOT', '        a', '        b', '    EOT', '}'],
  ],
  ['what would steer a terminal', '\u001b[2J\u009b', ['"\\u001b[2J\\u009b"']],
  [
    'what would steer a terminal, in one of several lines',
    'a\n\u001b[2J',
    ['<<-EOT', '    a', '    \\u001b[2J', 'EOT'],
  ],
]

for (const [what, value, lines] of CASES)
  test(`${what} is shown as a declaration spells it`, () => {
    assert.equal(valueLines(value), lines)
  })

const text = (lines: readonly string[]) => valueLines(`${lines.join('\n')}\n`)

test('of a text that changes, the lines that go and come are marked and those around them shown', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']
  const after = before.with(5, 'six').toSpliced(6, 0, 'six and a half')
  assert.equal(changedLines(text(before), text(after)), [
    '  <<-EOT',
    '      (2 lines as before)',
    '      3',
    '      4',
    '      5',
    '-     6',
    '+     six',
    '+     six and a half',
    '      7',
    '      8',
    '      9',
    '      (3 lines as before)',
    '  EOT',
  ])
})

test('what is appended to a list is all that is marked', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(40))
  assert.equal(changedLines(valueLines([a, b]), valueLines([a, b, c])), [
    '  [',
    `      "${a}",`,
    `      "${b}",`,
    `+     "${c}",`,
    '  ]',
  ])
})

test('a line that becomes several is marked as a whole', () => {
  assert.equal(changedLines(valueLines('one'), valueLines('one\ntwo')), [
    '- "one"',
    '+ <<-EOT',
    '+     one',
    '+     two',
    '+ EOT',
  ])
})

test.run()
