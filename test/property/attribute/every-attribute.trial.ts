import { test } from 'uvu'
import { allCases, circleCases } from './attribute-cases.ts'
import { createAll, goRound } from './every-attribute.ts'

test('every parameter and key is planned, applied, changed, unset and reverted, and nothing else of the guest', async () => {
  const cases = circleCases()
  await goRound(cases, 'stopped')
  console.log(`${cases.length} parameters and keys`)
})

test('a running guest takes every change as the plan says: at once, or from its next start on', () =>
  goRound(circleCases(), 'running'))

test('guests made with every attribute are planned no more', () => createAll(allCases()))

test.run()
