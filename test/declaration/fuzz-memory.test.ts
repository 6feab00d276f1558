import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'uvu'
import { ok } from 'uvu/assert'
import { mutated } from './generated-hcl.ts'
import { load } from './load.ts'
import { type Random, seeded } from './random.ts'

const MEBIBYTE = 1_048_576

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapAfterCollection = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / MEBIBYTE
}

interface Named {
  readonly name: string
  readonly text: string
}

const LONGEST = 6000

const corpus = (extension: string): readonly Named[] =>
  ['examples', 'fixtures/declarations']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(extension))
    .sort()
    .map((path) => ({ name: `main.mpc${extension}`, text: readFileSync(path, 'utf8') }))
    .filter(({ text }) => text.length <= LONGEST)

const LARGE: readonly ((random: Random) => string)[] = [
  (random) => '9'.repeat(random.below(3000)),
  (random) => `1e${random.below(1_000_000_000)}`,
  (random) => 'long '.repeat(random.below(5000)),
  (random) => random.pick(['[', '(', '{a=', '"${', '- ', '{a: ', '  ']).repeat(random.below(300)),
  (random) =>
    random.pick(['é', '😀', '\u0301', '\u200f', '\ud800', '\0', '\u2028', '\uFEFF']).repeat(1 + random.below(50)),
]

const broken = (random: Random, text: string): string => {
  const at = random.below(text.length + 1)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + random.pick(LARGE)(random) + text.slice(at)
    case 2:
      return mutated(random, mutated(random, text))
    default:
      return mutated(random, text)
  }
}

for (const extension of ['.hcl', '.yaml'])
  test(`1,500 broken copies of the *${extension} files of the repository leave no memory behind`, async () => {
    const random = seeded(5)
    const files = corpus(extension)
    ok(files.length > 50, String(files.length))
    for (const { name, text } of files.slice(0, 50)) await load({ [name]: text })
    const [before, resident] = [heapAfterCollection(), process.memoryUsage().rss / MEBIBYTE]
    let highest = 0
    for (let i = 0; i < 1500; i++) {
      const { name, text } = random.pick(files)
      ok((await load({ [name]: broken(random, text) })).value)
      highest = Math.max(highest, process.memoryUsage().rss / MEBIBYTE)
    }
    const grown = heapAfterCollection() - before
    ok(grown < 40, `the heap has grown by ${grown.toFixed(0)} MiB`)
    ok(highest - resident < 400, `the process has grown by ${(highest - resident).toFixed(0)} MiB`)
  })

test.run()
