import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Config, isSecret } from '../../../src/resource/config-value.ts'
import type { Desired } from '../../../src/resource/desired.ts'
import { canonicalJson } from '../../../src/util/canonical-json.ts'
import { type AttributeCase, allCases, nameOf } from './attribute-cases.ts'
import { type Declared, declareAll, declareYaml, HCL } from './declare.ts'
import type { Sample } from './sample-values.ts'
import { type Spelling, spellingsOf } from './spellings.ts'

/** Lists whose order means nothing, but which are written in the order they were declared in. */
const UNORDERED = ['env', 'sshkeys', 'ssh-public-keys']

const meaning = ({ key }: AttributeCase, value: Config[string] | undefined): string => {
  if (value !== undefined && isSecret(value)) return value.fingerprint
  return canonicalJson(Array.isArray(value) && UNORDERED.includes(key) ? [...value].sort() : (value ?? null))
}

const meanings = (one: AttributeCase, { resources }: Desired): readonly string[] =>
  resources.flatMap((guest) => (guest.kind === 'pool' ? [] : [meaning(one, guest.config[one.key])]))

const read = async (declare: () => Promise<Declared>, one: AttributeCase): Promise<readonly string[] | string> => {
  try {
    return meanings(one, (await declare()).desired)
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}

/** What is read otherwise than the first; one by one where not all could be read. */
const odd = async <T>(
  one: AttributeCase,
  spellings: readonly T[],
  declare: (spellings: readonly T[]) => Promise<Declared>,
): Promise<readonly string[]> => {
  const all = await read(() => declare(spellings), one)
  const told = (spelling: T, is: string) => `${nameOf(one)}: ${JSON.stringify(spelling)}: ${is}`
  if (typeof all !== 'string')
    return spellings.flatMap((spelling, index) =>
      all[index] === all[0] ? [] : [told(spelling, all[index] ?? 'nothing')],
    )
  if (spellings.length === 1) return spellings.map((spelling) => told(spelling, all))
  return (await Promise.all(spellings.map((spelling) => odd(one, [spelling], declare)))).flat()
}

const textOf = (spelling: Spelling): string => ('hcl' in spelling ? `\0${spelling.hcl}` : HCL(spelling.value))

test('each parameter and each key of a property string means the same in every spelling, in HCL and in YAML', async () => {
  let count = 0
  const wrong: string[] = []
  for (const one of allCases())
    for (const value of [one.one, one.other] satisfies Sample[]) {
      const all: readonly Spelling[] = [{ value }, ...spellingsOf(one, value)]
      const data = all.flatMap((each) => ('value' in each ? [each.value] : []))
      count += all.length + data.length
      wrong.push(...(await odd(one, all.map(textOf), (texts) => declareAll(one, texts))))
      wrong.push(...(await odd(one, data, (values) => declareYaml(one, values))))
    }
  assert.equal(wrong, [])
  assert.ok(count > 15_000, `${count} spellings`)
  console.log(`${count} spellings`)
})

test.run()
