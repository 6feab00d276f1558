import { attributeName, isIgnored } from '../../kinds/attribute-name.ts'
import type { GuestKind } from '../../kinds/kind.ts'
import type { AppliedGuest, Provenance } from '../../resource/applied.ts'
import { isPropertyMap } from '../../resource/config-value.ts'
import type { DesiredGuest, GuestSource } from '../../resource/desired.ts'
import { parseVmid } from '../../resource/guest.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { GuestContext } from '../state/guest-progress.ts'

const imagesOf = ({ config }: DesiredGuest): Provenance['images'] =>
  Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const image = isPropertyMap(value) ? value['import-from'] : undefined
      return image === undefined ? [] : [[key, String(image)] as const]
    }),
  )

/** What a guest that is made as declared is made from. */
export const provenanceOf = (desired: DesiredGuest): Provenance => ({
  source: desired.source,
  images: imagesOf(desired),
})

/** The same of a guest that exists: disks keep the image they were made from, new ones have that of the declaration. */
export const keptProvenance = (desired: DesiredGuest, applied: AppliedGuest | undefined): Provenance | undefined => {
  if (!applied?.madeFrom) return undefined
  const { source, images } = applied.madeFrom
  const now = imagesOf(desired)
  const kept = Object.keys(desired.config).flatMap((key) => {
    const image = applied.config[key] === undefined ? now[key] : images[key]
    return image === undefined ? [] : [[key, image] as const]
  })
  return { source, images: Object.fromEntries(kept) }
}

/** Whether two spellings name one template: by name or by VMID. */
const isSameTemplate = (world: PlanningContext, kind: GuestKind, a: string, b: string): boolean => {
  if (a === b) return true
  const vmidsOf = (text: string): readonly number[] => {
    const vmid = parseVmid(text)
    if (vmid !== undefined) return [vmid]
    return (world.guestsByName.get(text) ?? []).filter(({ type }) => type === kind.type).map((guest) => guest.vmid)
  }
  const others = vmidsOf(b)
  return vmidsOf(a).some((vmid) => others.includes(vmid))
}

interface Origin {
  readonly name: string
  readonly before: string
  readonly after: string
}

const sourceChange = ({ world, kind, desired }: GuestContext, { source: was }: Provenance): readonly Origin[] => {
  const now = desired.source
  if (was.by === 'clone' && now.by === 'clone')
    return isSameTemplate(world, kind, was.template, now.template)
      ? []
      : [{ name: 'clone', before: was.template, after: now.template }]
  if (was.by === 'archive' && now.by === 'archive')
    return was.volume === now.volume ? [] : [{ name: 'template', before: was.volume, after: now.volume }]
  if (was.by === now.by || now.by === 'blank') return []
  const text = (source: GuestSource) =>
    source.by === 'clone' ? source.template : source.by === 'archive' ? source.volume : 'nothing'
  return [{ name: now.by === 'clone' ? 'clone' : 'template', before: text(was), after: text(now) }]
}

const imageChanges = ({ kind, desired }: GuestContext, { images }: Provenance): readonly Origin[] =>
  Object.entries(imagesOf(desired)).flatMap(([key, after]) => {
    const before = images[key]
    const name = attributeName(kind, key, 'import-from')
    return before === undefined || before === after ? [] : [{ name, before, after }]
  })

/**
 * Says of an existing guest that it was made from something else than its declaration names now. That is where it comes from, and nothing to
 * change. True when it was said.
 */
export const noteProvenance = (context: GuestContext, applied: AppliedGuest | undefined): boolean => {
  const { world, kind, desired } = context
  if (!applied?.madeFrom) return false
  const { address, lifecycle, rangeOf, range } = desired
  const changes = [...sourceChange(context, applied.madeFrom), ...imageChanges(context, applied.madeFrom)].filter(
    ({ name }) => !isIgnored(kind, lifecycle.ignoreChanges, name),
  )
  const [first] = changes
  if (!first) return false
  const list = changes.map(({ name, before, after }) => `\`${name}\` was ${before} and is ${after} now`).join('; ')
  world.report('plan.made-from-another', {
    detail: `\`${address}\` exists, and what it was made from cannot be changed: ${list}. It stays as it is. To destroy it and re-create it as declared, plan with \`--replace '${address}'\`.`,
    address,
    range: rangeOf?.(first.name) ?? range,
  })
  return true
}
