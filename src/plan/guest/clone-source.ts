import { guestKinds } from '../../kinds/registry.ts'
import type { Address } from '../../resource/address.ts'
import { isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { defaultName } from '../../resource/default-name.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { type GuestRef, parseVmid, type Vmid } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { GuestContext } from '../state/guest-progress.ts'

/** What a clone is made from. */
export interface CloneSource {
  readonly guest: GuestRef
  readonly name: string
  readonly template: boolean
  readonly config: RawConfig
  /** It is declared too, and has to be finished first. */
  readonly address?: Address
}

/** Finds what `clone` names; what is missing or ambiguous is reported. */
export type TemplateFinder = (context: GuestContext) => CloneSource | undefined

interface PlannedGuest {
  readonly desired: DesiredGuest
  readonly vmid: Vmid
}

/** What a guest that is yet to be made will have: volumes by storage and size, as far as they are declared. */
const plannedConfig = ({ desired, vmid }: PlannedGuest): RawConfig => {
  const kind = guestKinds[desired.kind]
  const entries = Object.entries(desired.config).flatMap(([key, value]) => {
    if (isSecret(value)) return []
    const volume = kind.volumeProperty(key)
    if (volume === undefined || !isPropertyMap(value) || !kind.isVolume(key, value))
      return [[key, kind.encode(key, value)]]
    const { storage, size, format: _format, 'import-from': _from, ...rest } = value
    const text = kind.encode(key, { ...rest, [volume]: `${storage}:vm-${vmid}-disk` })
    return [[key, size === undefined ? text : `${text},size=${size}`]]
  })
  return Object.fromEntries(entries)
}

const found = (world: PlanningContext, context: GuestContext, name: string): readonly CloneSource[] => {
  const byVmid = parseVmid(name)
  const candidates =
    byVmid === undefined ? (world.guestsByName.get(name) ?? []) : [world.guests.get(byVmid) ?? []].flat()
  const own = candidates.filter(({ type }) => type === context.kind.type)
  const templates = own.filter(({ template }) => template)
  const chosen = templates.length > 0 ? templates : own
  const here = chosen.filter(({ node }) => node === context.desired.node)
  return (here.length > 0 ? here : chosen).map(({ type, node, vmid, name: label, template, current }) => ({
    guest: { type, node, vmid },
    name: label,
    template,
    config: current,
  }))
}

const reportMissing = (
  world: PlanningContext,
  { desired, kind }: GuestContext,
  name: string,
  planned: readonly string[],
) => {
  const templates = world.observed.guests.filter(({ type, template }) => type === kind.type && template)
  const names = [...new Set([...templates.map((guest) => guest.name), ...planned])].sort()
  const guess = suggestion(name, names)
  world.report('plan.unknown-template', {
    detail: `\`${desired.address}\` is a clone of \`${name}\`, but the last sync saw no ${kind.name} with that ${/^\d+$/.test(name) ? 'VMID' : 'name'}.${
      guess || (names.length === 0 ? ' The cluster has no template to clone.' : ` Templates: ${names.join(', ')}.`)
    }`,
    address: desired.address,
    range: desired.rangeOf?.('clone') ?? desired.range,
  })
}

/** Makes the look-up: existing guests first (templates before others, the same node before others), then those declared. */
export const templateFinder = (
  world: PlanningContext,
  guests: readonly DesiredGuest[],
  vmids: ReadonlyMap<Address, Vmid>,
): TemplateFinder => {
  let planned: ReadonlyMap<string, PlannedGuest> | undefined
  const plannedByName = () => {
    planned ??= new Map(
      guests.flatMap((desired) => {
        const vmid = vmids.get(desired.address)
        if (vmid === undefined) return []
        const name = String(desired.config[guestKinds[desired.kind].nameKey] ?? defaultName(desired.address))
        return [
          [`${desired.kind} ${name}`, { desired, vmid }] as const,
          [`${desired.kind} ${vmid}`, { desired, vmid }] as const,
        ]
      }),
    )
    return planned
  }
  const fromPlan = (context: GuestContext, name: string): CloneSource | undefined => {
    const match = plannedByName().get(`${context.kind.name} ${name}`)
    if (!match) return undefined
    const { desired, vmid } = match
    return {
      guest: { type: context.kind.type, node: desired.node, vmid },
      name,
      template: desired.template === true,
      config: plannedConfig(match),
      address: desired.address,
    }
  }
  return (context) => {
    const { source, address } = context.desired
    if (source.by !== 'clone') return undefined
    const [first, ...others] = found(world, context, source.template)
    if (first && others.length === 0) return first
    if (first) {
      const list = [first, ...others].map(({ guest }) => `${guest.vmid} on ${guest.node}`).join(', ')
      world.report('plan.ambiguous-template', {
        detail: `\`${address}\` is a clone of \`${source.template}\`, but several guests have that name: ${list}. Name the template by its VMID.`,
        address,
        range: context.desired.rangeOf?.('clone') ?? context.desired.range,
      })
      return undefined
    }
    const own = fromPlan(context, source.template)
    if (!own) {
      const names = [...plannedByName().values()]
        .filter(({ desired }) => desired.template)
        .map(({ desired }) => desired)
      reportMissing(
        world,
        context,
        source.template,
        names.map((desired) => String(desired.config['name'] ?? defaultName(desired.address))),
      )
    }
    return own
  }
}
