import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { DEFAULT_LIFECYCLE, type DesiredGuest } from '../../src/resource/desired.ts'
import { carryOut, newWorld } from './carry-out.ts'
import { DISK } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { desire, emptyModel, vm } from './samples.ts'

const web = (config: DesiredGuest['config'], more: Partial<DesiredGuest> = {}) =>
  vm('vm.web', { config: { scsi0: DISK, ...config }, power: 'running', ...more })

/** What planning a change of a running guest under high availability reports. */
const told = (ha: string | undefined, ...after: readonly DesiredGuest[]): readonly string[] => {
  const world = newWorld(emptyModel())
  const first = planChanges(desire([web({})]), observe(world.model), [], DEFAULT_PLAN_OPTIONS)
  if (!first.value) throw new Error(JSON.stringify(first.diagnostics))
  carryOut(world, first.value)
  const seen = observe(world.model)
  const observed = { ...seen, guests: seen.guests.map((guest) => ({ ...guest, ...(ha !== undefined && { ha }) })) }
  const applied = [...world.bindings.values()]
  const { value, diagnostics } = planChanges(desire(after), observed, applied, DEFAULT_PLAN_OPTIONS)
  assert.is(value === undefined, diagnostics.length > 0)
  return diagnostics.map(({ code, detail, hint }) => `${code} ${detail} ${hint}`)
}

const isRefused = (problems: readonly string[], ...phrases: readonly string[]): void => {
  assert.is(problems.length, 1, problems.join('\n'))
  for (const phrase of ['plan.ha-managed', ...phrases]) assert.match(problems[0] ?? '', phrase)
}

const RESTARTS = { lifecycle: { ...DEFAULT_LIFECYCLE, reboot: 'allowed' as const } }

test('what the HA manager would carry out itself is refused, with the way round it', () => {
  isRefused(told('started', web({ cores: 3 }, RESTARTS)), 'shut it down', '--state ignored')
  isRefused(told('started', web({}, { node: 'pve2' })), 'would migrate it.', '--state ignored')
  isRefused(told('started', web({}, { power: 'stopped' })), 'To change only its power state')
})

test('a destroy is refused whatever the state, because the HA entry would not come back', () => {
  for (const ha of ['started', 'ignored']) isRefused(told(ha), 'destroy it', 'ha-manager remove vm:100')
})

test('changes of the configuration need no leave of the manager, and a guest it leaves alone is like any other', () => {
  assert.equal(told('started', web({ cores: 3 })), [])
  assert.equal(told('started', web({ scsi0: { ...DISK, size: '16G' } })), [])
  assert.equal(told('ignored', web({ cores: 3 }, RESTARTS)), [])
  assert.equal(told('ignored', web({}, { node: 'pve2' })), [])
  assert.equal(told(undefined, web({}, { power: 'stopped' })), [])
})

test.run()
