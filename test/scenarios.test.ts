import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { randomOf } from './plan/random-world.ts'
import { sample } from './sample.ts'
import { failScenario, runScenario } from './scenario/run-scenario.ts'
import { FOLDER, readScenario } from './scenario/scenario.ts'

/** The scenarios of `fixtures/scenarios`, each as it is meant, and again with one of its writes refused: one of them, or every one. */
const { seeds, again } = sample('scenarios', { few: 1, all: 1000 })
const isWhole = seeds.length > 1
const random = randomOf(seeds[0] ?? 1)

const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\/[^/]+\.yaml$/.test(name))
  .sort()

test('there are scenarios for every part', () => {
  assert.ok(names.length > 50, String(names.length))
})

for (const name of names) {
  const scenario = readScenario(name)
  test(`${name}: ${scenario.about}`, async () => {
    const places = await runScenario(scenario)
    if (places.length === 0) return
    for (const place of isWhole ? places : [random.pick(places)])
      await failScenario(scenario, place).catch((error: unknown) => {
        const where = `with write ${place.write} of act ${place.act + 1} refused`
        throw new Error(`${where} (${again}): ${error instanceof Error ? error.message : error}`)
      })
  })
}

test.run()
