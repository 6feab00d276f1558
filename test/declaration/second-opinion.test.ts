import { test } from 'uvu'
import { equal } from 'uvu/assert'
import { secondOpinion } from '../../src/declaration/second-opinion.ts'

test('a file both parsers read raises nothing', () => {
  equal(secondOpinion(new Map([['main.mpc.hcl', 'vm "web" {\n  cores = 2 + 1\n}\n']])), [])
})

test('a file that only mpc reads is named', () => {
  const found = secondOpinion(new Map([['main.mpc.hcl', 'a = = 1\n']]))
  equal(
    found.map(({ code, severity }) => [code, severity]),
    [['declaration.second-opinion', 'warning']],
  )
})

test('YAML files and names newer than the referee are not asked about', () => {
  equal(
    secondOpinion(
      new Map([
        ['main.mpc.yaml', 'a: = 1'],
        ['x.mpc.hcl', 'a = core::upper("x")\n'],
      ]),
    ),
    [],
  )
})

test.run()
