import { kindOfType } from '../../src/kinds/registry.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import type { Address } from '../../src/resource/address.ts'
import type { Applied, AppliedResource } from '../../src/resource/applied.ts'
import { isSecret } from '../../src/resource/config-value.ts'
import { type ApiRequest, isOutputRef } from '../../src/resource/request.ts'
import { asGuest } from '../../src/resource/resource-kind.ts'
import { type Model, send } from './model-cluster.ts'

type Outputs = Map<string, string>

const request = (
  model: Model,
  step: Step,
  outputs: Outputs,
  { method, path, params = {}, output }: ApiRequest,
): void => {
  const given = Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (isOutputRef(value)) return [name, `${outputs.get(`${value.fromStep}.${value.output}`)}${value.suffix ?? ''}`]
      return [name, isSecret(value) ? 'a-secret' : value]
    }),
  )
  const resolved = path.replace(/\{([^{}]+)\}/g, (_, name: string) =>
    encodeURIComponent(outputs.get(name) ?? 'missing'),
  )
  const data = send(model, method, resolved, given)
  if (!output) return
  const entries: readonly Record<string, unknown>[] = Array.isArray(data) ? data : [data]
  const wanted = (value: unknown) => (isOutputRef(value) ? outputs.get(`${value.fromStep}.${value.output}`) : value)
  const entry = entries.find((each) =>
    Object.entries(output.where).every(([field, value]) => each[field] === wanted(value)),
  )
  const value = String(entry?.[output.take])
  outputs.set(`${step.id}.${output.name}`, output.until === undefined ? value : (value.split(output.until)[0] ?? ''))
}

export interface World {
  readonly model: Model
  readonly bindings: Map<Address, AppliedResource>
  readonly outputs: Outputs
}

export const newWorld = (model: Model, applied: Applied = []): World => ({
  model,
  bindings: new Map(applied.map((resource) => [resource.address, resource])),
  outputs: new Map(),
})

const bind = ({ bindings, model }: World, from: AppliedResource | null, to: AppliedResource | null): void => {
  if (from) bindings.delete(from.address)
  if (!to) return
  const guest = asGuest(to)
  const made = guest && model.guests[guest.guest.vmid]
  const identity = guest?.identity ?? (made && kindOfType(made.type).identity(made.current))
  bindings.set(to.address, guest && identity ? { ...guest, identity } : to)
}

/** Does one step; throws when the server refuses. */
export const forward = (world: World, step: Step): void => {
  if (step.expects?.absent && step.guest && world.model.guests[step.guest.vmid])
    throw new Error(`${step.id}: the guest exists`)
  for (const each of step.requests) request(world.model, step, world.outputs, each)
  if (step.binding) bind(world, step.binding.before, step.binding.after)
}

/** Undoes one step; throws when it cannot be undone. */
export const backward = (world: World, step: Step): void => {
  if (step.reversal.by === 'nothing') throw new Error(`${step.id}: ${step.reversal.reason}`)
  for (const each of step.reversal.requests) request(world.model, step, world.outputs, each)
  if (step.binding) bind(world, step.binding.after, step.binding.before)
}

export const carryOut = (world: World, plan: Plan): void => {
  const done = new Set<string>()
  for (const step of plan.steps) {
    for (const need of step.needs) if (!done.has(need)) throw new Error(`${step.id} needs ${need}, which stands later`)
    forward(world, step)
    done.add(step.id)
  }
}

export const applied = ({ bindings }: World): Applied =>
  [...bindings.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
