import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planCodes } from '../../src/diagnostic/codes/plan.ts'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import { parseAddressPattern } from '../../src/resource/address.ts'
import { CASES, type Case, DISK, guest, web } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { at, desire, emptyModel, vm } from './samples.ts'

const diagnosticsOf = ({
  desired,
  model = emptyModel(),
  observed = (seen) => seen,
  applied: known = [],
  options,
}: Case) => planChanges(desired, observed(observe(model)), known, { ...DEFAULT_PLAN_OPTIONS, ...options })

for (const [code, about, text, make] of CASES)
  test(`${about} is reported as ${code}, with what to do`, () => {
    const { value, diagnostics } = diagnosticsOf(make())
    const own = diagnostics.filter((each) => each.code === code)
    assert.is(own.length, code === 'plan.duplicate-vmid' ? own.length || 1 : 1, JSON.stringify(diagnostics, null, 1))
    assert.match(`${own[0]?.detail}\n${own[0]?.hint ?? ''}`, text)
    assert.ok(own[0]?.address)
    assert.is(value === undefined, planCodes[code].severity === 'error')
  })

test('every code of the planner is raised by a case', () => {
  const raised = new Set(CASES.map(([code]) => code))
  assert.equal(
    Object.keys(planCodes).filter((code) => !raised.has(code as keyof typeof planCodes)),
    [],
  )
})

test('all problems are reported together, each at its place', () => {
  const range = {
    filename: 'a.mpc.hcl',
    start: { line: 3, column: 1, byte: 20 },
    end: { line: 3, column: 9, byte: 28 },
  }
  const bad = web(
    { scsi0: { ...DISK, storage: 'nope' } },
    { node: 'pve1', pool: 'nope', rangeOf: (name: string) => (name === 'pool' ? range : undefined) },
  )
  const { diagnostics } = diagnosticsOf({ desired: desire([bad, vm('vm.b', { node: 'nowhere' })]) })
  assert.equal(
    diagnostics.map(({ code }) => code),
    ['plan.unknown-node', 'plan.unknown-pool', 'plan.unknown-storage'],
  )
  assert.equal(diagnostics.find(({ code }) => code === 'plan.unknown-pool')?.range, range)
})

const idsOf = (input: Case): readonly string[] =>
  diagnosticsOf(input).value?.changes.map(({ address }) => address) ?? []
const three = desire([
  web(),
  vm('vm.db', { config: { scsi0: DISK } }),
  vm('vm.app', { config: { scsi0: DISK }, dependsOn: [at('vm.db')] }),
])

test('a target brings what it depends on, an exclusion takes what depends on it', () => {
  assert.equal(idsOf({ desired: three, options: { targets: [at('vm.app')] } }), ['vm.app', 'vm.db'])
  assert.equal(idsOf({ desired: three, options: { excludes: [at('vm.db')] } }), ['vm.web'])
})

test('a target without its key means all instances, and VMIDs do not depend on targets', () => {
  const all = desire([vm('vm.n[0]', {}), vm('vm.n[1]', {}), vm('vm.a', {})])
  const { value } = diagnosticsOf({ desired: all, options: { targets: [at('vm.n')] } })
  assert.equal(
    value?.changes.map(({ guest: ref }) => ref?.vmid),
    [101, 102],
  )
})

const guessFor = (target: string): string => {
  const all = desire([
    vm('vm.web[0]'),
    vm('vm.web[1]'),
    vm('vm.db'),
    vm('module.site["a"].vm.app'),
    vm('module.site["a"].module.inner.vm.app'),
  ])
  const pattern = parseAddressPattern(target)
  if (!pattern) throw new Error(`not an address: ${target}`)
  const { value, diagnostics } = diagnosticsOf({ desired: all, options: { targets: [pattern] } })
  if (value) return value.changes.map(({ address }) => address).join(' ')
  return /Did you mean "(.*)"\?/.exec(diagnostics[0]?.detail ?? '')?.[1] ?? ''
}

test('a mistyped target is guessed among resources with and without their key, and modules', () => {
  assert.is(guessFor('vm.wbe'), 'vm.web')
  assert.is(guessFor('vm.wbe[1]'), 'vm.web[1]')
  assert.is(guessFor('module.stie'), 'module.site')
  assert.is(guessFor('module.site["a"].module.iner'), 'module.site["a"].module.inner')
})

test('a module stands for everything in it', () => {
  assert.is(guessFor('module.site["a"].module.inner'), 'module.site["a"].module.inner.vm.app')
  assert.is(guessFor('module.site'), 'module.site["a"].module.inner.vm.app module.site["a"].vm.app')
})

test('VMIDs are the lowest free ones, in the order of the addresses as people count', () => {
  const all = desire([10, 2, 0].map((key) => vm(`vm.n[${key}]`)))
  const { value } = diagnosticsOf({ model: guest(101), desired: all })
  assert.equal(
    value?.changes.map(({ address, guest: ref }) => [address, ref?.vmid]),
    [
      ['vm.n[0]', 100],
      ['vm.n[2]', 102],
      ['vm.n[10]', 103],
    ],
  )
})

test.run()
