import { attributeName } from '../../../src/kinds/attribute-name.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import type { ConfigValue } from '../../../src/resource/config-value.ts'
import { comparable, differences } from '../comparable.ts'
import type { AttributeCase } from './attribute-cases.ts'
import type { AttributeWorld } from './attribute-world.ts'
import { type Declared, declareHcl, HCL } from './declare.ts'

/** What a plan must name, and nothing else. */
const namedIn = (plan: Plan): readonly string[] =>
  plan.changes.flatMap(({ change }) => change.attributes.map(({ name }) => name))

/** With its only key, a property string comes and goes as a whole. */
const isOf = (name: string, { kind, key, name: own, property, start }: AttributeCase): boolean => {
  if (key === 'ostype' && name === 'machine') return true
  if (property !== undefined && start !== undefined) return name === own
  const whole = attributeName(kind, key)
  return name === whole || name.startsWith(`${whole}.`)
}

const expectOnly = (one: AttributeCase, plan: Plan, what: string): void => {
  const names = namedIn(plan)
  const others = names.filter((name) => !isOf(name, one))
  if (names.length === 0 || others.length > 0) throw new Error(`${what}: the plan names ${JSON.stringify(names)}`)
}

const expectEmpty = async (world: AttributeWorld, { desired }: Declared, what: string): Promise<void> => {
  const plan = await world.plan(desired, await world.observe())
  if (plan.steps.length > 0)
    throw new Error(`${what}: planned again: ${JSON.stringify(plan.changes.map(({ change }) => change.attributes))}`)
}

type Facts = ReturnType<AttributeWorld['facts']>

/** What every guest will have at its next start: a running container keeps until then what cannot be taken from it. */
const atNextStart = (facts: Facts): Facts => ({
  ...facts,
  guests: Object.fromEntries(
    Object.entries(facts.guests).map(([name, guest]) => {
      const config = { ...guest.config, ...guest.pending }
      for (const key of guest.pendingDelete) delete config[key]
      return [name, { ...guest, config, pending: {}, pendingDelete: [] }]
    }),
  ),
})

const since = (world: AttributeWorld, before: Facts): readonly string[] =>
  differences(comparable(atNextStart(before)), comparable(atNextStart(world.facts())))

/** A disk that goes is kept as an unused volume, a CD drive comes with its place in the boot order, growth with its snapshot. */
const withVolumes = ({ kind, key }: AttributeCase, line: string): boolean =>
  kind.volumeProperty(key) !== undefined && /config (?:unused\d+|boot|parent):| snapshots | volumes:/.test(line)

/** The key itself, and what PVE changes along with it. */
const isIts = (one: AttributeCase, line: string): boolean => {
  const changed = /config (\w[\w-]*):/.exec(line)?.[1] ?? ''
  return changed === one.key || one.kind.sideEffects(one.key).includes(changed) || withVolumes(one, line)
}

/** What the plan says of the running guest is what the server did: written at once, or kept until the next start. */
const expectTakenAs = (
  world: AttributeWorld,
  { kind, key }: AttributeCase,
  plan: Plan,
  before: Readonly<Record<string, string>>,
  what: string,
): void => {
  const [guest] = Object.values(world.facts().guests)
  if (guest?.power !== 'running') return
  const isPending = key in guest.pending || guest.pendingDelete.includes(key)
  for (const { name, disruption } of plan.changes.flatMap(({ change }) => change.attributes)) {
    if (name === 'machine') continue
    const isSaid = disruption === 'pending'
    const isRead = kind.isReadAtStart(key, guest.config, before[key], guest.config[key])
    if (isSaid !== (isPending || isRead))
      throw new Error(`${what}: ${name} is said to be ${disruption}, and is ${isPending ? 'pending' : 'taken'}`)
  }
}

/** Plans, applies, and expects nothing left to do and nothing else of the guest touched. */
const carryOut = async (world: AttributeWorld, one: AttributeCase, declared: Declared, what: string): Promise<Plan> => {
  const plan = await world.plan(declared.desired, await world.observe())
  expectOnly(one, plan, what)
  const before = world.facts()
  await world.apply(plan, declared.secrets)
  expectTakenAs(world, one, plan, Object.values(before.guests)[0]?.config ?? {}, what)
  await expectEmpty(world, declared, what)
  const touched = since(world, before).filter((line) => !isIts(one, line))
  if (touched.length > 0) throw new Error(`${what}: also touched: ${touched.join(', ')}`)
  return plan
}

/** Some things of a running guest have to wait, which the plan says instead. */
const carriedOut = async (...given: Parameters<typeof carryOut>): Promise<Plan | undefined> => {
  try {
    return await carryOut(...given)
  } catch (error) {
    if (error instanceof Error && /^not planned: plan\.needs-stop/.test(error.message)) return undefined
    throw error
  }
}

const takeBack = async (
  world: AttributeWorld,
  one: AttributeCase,
  plan: Plan,
  before: Facts,
  what: string,
): Promise<void> => {
  try {
    await world.revert(plan)
  } catch (error) {
    throw new Error(`${what}, reverted: ${error instanceof Error ? error.message : error}`)
  }
  const left = since(world, before).filter((line) => !withVolumes(one, line) && !isUnreadable(one, line))
  if (left.length > 0) throw new Error(`${what}, reverted: ${left.join(', ')}`)
}

/** What the server never shows cannot be set again, which the plan says. */
const isUnreadable = ({ kind, key }: AttributeCase, line: string): boolean =>
  kind.factsFor(key)?.secret === true && line.includes(` config ${key}: `)

const text = (value: unknown): string | undefined => (value === undefined ? undefined : HCL(value as ConfigValue))

/** A value that PVE does not unset, or that mpc supplies. */
const staysWhenLeftOut = ({ kind, key, property, start }: AttributeCase): boolean =>
  property === undefined
    ? kind.isUndeletable(key) && start === undefined
    : kind.isUndeletable(key, property) || (kind.hasRequiredDefault(key, property) && start !== undefined)

const expectRefused = async (world: AttributeWorld, one: AttributeCase, value: unknown): Promise<void> => {
  const { desired } = await declareHcl(one, text(value))
  try {
    await world.plan(desired, await world.observe())
  } catch (error) {
    if (error instanceof Error && /plan\.fixed-property/.test(error.message)) return
    throw error
  }
  throw new Error('changed: another value of a fixed property is not refused')
}

const planned = async (world: AttributeWorld, declared: () => Promise<Declared>): Promise<string> => {
  try {
    const { desired } = await declared()
    const { changes, steps } = await world.plan(desired, await world.observe())
    const names = changes.flatMap(({ change }) => change.attributes.map(({ name }) => name))
    return JSON.stringify([names, steps.map(({ requests }) => requests)])
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}

/** With the key emptied: of a property string the key alone, where it is one. */
const emptiedAs = (one: AttributeCase, empty: 'null' | '""'): string => {
  const { property, start } = one
  if (property === undefined || start === undefined) return empty
  return `merge(${HCL(start)}, { ${JSON.stringify(property)} = ${empty} })`
}

/** What was declared and is then `null` is left out; an empty text unsets it, or is refused where PVE cannot do without. */
const expectSameAsLeftOut = async (world: AttributeWorld, one: AttributeCase): Promise<void> => {
  // A container without a root file system cannot be declared.
  if (one.key === 'rootfs' && one.property === undefined) return
  const leftOut = await planned(world, () => declareHcl(one, text(one.start)))
  const isNull = await planned(world, () => declareHcl(one, emptiedAs(one, 'null')))
  if (isNull !== leftOut) throw new Error(`null: ${isNull}, and left out: ${leftOut}`)
  const isEmpty = await planned(world, () => declareHcl(one, emptiedAs(one, '""')))
  const isRefused = /cannot be empty/.test(isEmpty)
  const mayBeRefused = staysWhenLeftOut(one) || isNeeded(one)
  if (isRefused && one.property !== undefined && one.kind.isUndeletable(one.key, one.property)) return
  if (isRefused ? !mayBeRefused : isEmpty !== leftOut) throw new Error(`"": ${isEmpty}, and left out: ${leftOut}`)
}

/** What a volume is made of cannot be emptied, nor what must be there. */
const isNeeded = ({ kind, key, property, start }: AttributeCase): boolean =>
  property !== undefined &&
  start !== undefined &&
  (kind.volumeProperty(key) !== undefined || kind.factsFor(key)?.properties?.[property]?.optional === false)

/** Declared, changed, left out, and each of it reverted in turn. */
export const circle = async (
  world: AttributeWorld,
  one: AttributeCase,
  power: 'running' | 'stopped' = 'stopped',
): Promise<void> => {
  const declare = (value: unknown) => declareHcl(one, text(value), { power: HCL(power) })
  const start = await declare(one.start)
  const first = await world.plan(start.desired, await world.observe())
  if (first.steps.length > 0) await world.apply(first, start.secrets)
  const stages = [
    ['declared', one.one],
    ['changed', one.other],
    ['left out', one.start],
  ] as const
  const done: { readonly plan: Plan; readonly before: Facts; readonly what: string }[] = []
  for (const [what, value] of stages) {
    if (what === 'changed' && JSON.stringify(value) === JSON.stringify(one.one)) continue
    if (what === 'left out' && staysWhenLeftOut(one)) {
      await expectEmpty(world, await declare(value), what)
      continue
    }
    if (what === 'changed' && one.property !== undefined && one.kind.isFixed(one.key, one.property)) {
      await expectRefused(world, one, value)
      break
    }
    const before = world.facts()
    const plan = await carriedOut(world, one, await declare(value), what)
    if (!plan) break
    done.push({ plan, before, what })
    if (what === 'declared') await expectSameAsLeftOut(world, one)
  }
  // What the server never shows cannot be brought back, so that what was before it cannot either.
  const secret = one.kind.factsFor(one.key)?.secret === true
  for (const { plan, before, what } of done.reverse().slice(0, secret ? 1 : undefined))
    await takeBack(world, one, plan, before, what)
}
