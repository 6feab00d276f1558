import { attributeName } from '../../kinds/attribute-name.ts'
import type { FoundKeys } from '../../resource/applied.ts'
import { type Config, isPropertyMap, isSecret } from '../../resource/config-value.ts'
import { guestPath } from '../../resource/guest.ts'
import type { RawConfig } from '../../resource/observed.ts'
import type { ApiRequest, RequestParam } from '../../resource/request.ts'
import { checkStorage } from '../check/storage-check.ts'
import { configDifferences, type Difference } from '../state/config-difference.ts'
import { foundKeys } from '../state/found-keys.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from '../state/guest-progress.ts'
import { configRequests } from '../state/guest-state.ts'
import { guestRecord } from '../state/recorded-slots.ts'
import { withVolume } from '../state/volume-reference.ts'
import { attachVolumes } from '../step/attach-steps.ts'
import { declaredText } from '../step/config-steps.ts'
import { moveDisk } from '../step/disk-steps.ts'
import { checkUntied, migrateGuest } from '../step/migrate-step.ts'
import { sortDifferences } from '../step/sort-differences.ts'
import type { CloneSource, TemplateFinder } from './clone-source.ts'
import { creationSummary, destroyNew, finishNew, goesWithGuest, growNew, newName } from './new-guest.ts'
import { provenanceOf } from './provenance.ts'

/** Keys a clone does not take from its source. */
const NOT_COPIED = /^(?:template|parent|lock|digest|snaptime|vmstate|running.*|unused\d+|protection)$/

const MAC_PART = /(^|,)(?:hwaddr|macaddr)=[^,]*|=[0-9a-f]{2}(?::[0-9a-f]{2}){5}/gi

/** The configuration the clone will have: the source's, with a name of its own and without MAC addresses, which are new. */
export const clonedConfig = (context: GuestContext, source: CloneSource): RawConfig =>
  Object.fromEntries(
    Object.entries({ ...source.config, [context.kind.nameKey]: newName(context) })
      .filter(([key]) => !NOT_COPIED.test(key))
      .map(([key, text]) => [key, /^net\d+$/.test(key) ? text.replaceAll(MAC_PART, '') : text]),
  )

const storagesOf = ({ kind }: GuestContext, config: RawConfig): readonly string[] => [
  ...new Set(
    Object.entries(config).flatMap(([key, text]) => {
      const value = kind.decodeValue(key, text)
      return kind.isVolume(key, value) && isPropertyMap(value) && value['storage'] !== undefined
        ? [String(value['storage'])]
        : []
    }),
  ),
]

/** The storage a full clone goes to as a whole: the declared one, or the one all declared disks of the source agree on. */
const cloneStorage = ({ desired, kind }: GuestContext, source: CloneSource): string | undefined => {
  if (desired.source.by !== 'clone' || desired.source.full === false) return undefined
  if (desired.source.storage !== undefined) return desired.source.storage
  const wanted = Object.entries(desired.config).flatMap(([key, value]) => {
    const text = source.config[key]
    if (text === undefined || !isPropertyMap(value) || !kind.isVolume(key, kind.decodeValue(key, text))) return []
    return value['storage'] === undefined ? [] : [String(value['storage'])]
  })
  return new Set(wanted).size === 1 ? wanted[0] : undefined
}

/** On another node than the source, a clone needs storages both nodes share; otherwise it is made there and moved. */
const isShared = (context: GuestContext, source: CloneSource, storage: string | undefined): boolean =>
  (storage === undefined ? storagesOf(context, source.config) : [storage, ...storagesOf(context, source.config)]).every(
    (name) => context.world.storages.get(name)?.get(context.desired.node)?.shared === true,
  )

const cloneStep =
  (context: GuestContext, source: CloneSource, storage: string | undefined, found: FoundKeys): PlanPart =>
  (progress) => {
    const { desired } = context
    const isFull = desired.source.by === 'clone' && desired.source.full !== false
    const isElsewhere = source.guest.node !== desired.node
    const isDirect = !isElsewhere || isShared(context, source, storage)
    const guest = { ...progress.guest, node: isDirect ? desired.node : source.guest.node }
    const params: Record<string, RequestParam> = {
      newid: guest.vmid,
      [context.kind.nameKey]: newName(context),
      full: isFull,
      ...(storage !== undefined && { storage }),
      ...(isElsewhere && isDirect && { target: desired.node }),
      ...(desired.pool !== undefined && { pool: desired.pool }),
    }
    const kind = isFull ? 'clone' : 'linked clone'
    const made = advance(
      { ...progress, guest },
      {
        verb: 'create',
        action: 'create',
        guest,
        summary: creationSummary(context, guest, ` as a ${kind} of ${source.name} (${source.guest.vmid})`),
        expects: { absent: true },
        requests: [{ method: 'POST', path: `${guestPath(source.guest)}/clone`, params }],
        disruption: 'none',
        reversal: destroyNew(context, guest, source.config),
        binding: {
          before: null,
          after: guestRecord(desired, { ...guest, node: desired.node }, undefined, provenanceOf(desired), found),
        },
      },
    )
    return isDirect ? made : migrateGuest(context, desired.node)(made)
  }

/**
 * Erases the clone's copies of volumes it is not to have. A new guest has no `unusedN` of its own, so the one a container's volume is
 * detached to is `unused0`.
 */
const dropCopies =
  (context: GuestContext, keys: readonly string[]): PlanPart =>
  (progress) => {
    const { guest } = progress
    if (keys.length === 0) return progress
    const requests = [...keys]
      .sort()
      .flatMap((key) =>
        context.kind.erasesByForce
          ? configRequests(guest, {}, [key], { force: true })
          : [...configRequests(guest, {}, [key]), ...configRequests(guest, {}, ['unused0'])],
      )
    const names = [...keys].sort().map((key) => attributeName(context.kind, key))
    return advance(progress, {
      verb: 'drop',
      action: 'update',
      guest,
      summary: `take away ${names.join(', ')}, which it has from its template, and erase the copy`,
      requests,
      disruption: 'none',
      reversal: goesWithGuest,
    })
  }

const configureClone =
  (context: GuestContext, differences: readonly Difference[]): PlanPart =>
  (progress) => {
    const { kind, desired } = context
    const set: Record<string, RequestParam> = {}
    const remove: string[] = []
    const reads: ApiRequest[] = []
    for (const difference of differences) {
      const { key, declared, observed } = difference
      if (isSecret(declared)) {
        set[key] = declared
      } else if (observed !== undefined && kind.isVolume(key, observed)) {
        const text = declaredText(context, difference) ?? ''
        const { read, param } = withVolume(desired.address, 'configure', progress.guest, key, text)
        reads.push(read)
        set[key] = param
      } else {
        const text = declaredText(context, difference)
        if (text === undefined) remove.push(key)
        else set[key] = text
      }
    }
    const write = configRequests(progress.guest, set, remove)
    if (write.length === 0) return progress
    return advance(progress, {
      verb: 'configure',
      action: 'update',
      guest: progress.guest,
      summary: `configure it: ${[...Object.keys(set), ...remove].sort().join(', ')}`,
      requests: [...reads, ...write],
      disruption: 'none',
      reversal: goesWithGuest,
    })
  }

const checkClone = (context: GuestContext, source: CloneSource, storage: string | undefined): void => {
  const { world, desired } = context
  const range = desired.rangeOf?.('clone') ?? desired.range
  if (desired.source.by === 'clone' && desired.source.full === false) {
    if (!source.template) {
      world.report('plan.linked-clone', {
        detail: `\`${desired.address}\` is to be a linked clone of \`${source.name}\`, which is not a template, and only templates have the read-only base images linked clones need. Make it a full clone, or convert the source to a template.`,
        address: desired.address,
        range,
      })
    } else if (desired.source.storage !== undefined) {
      world.report('plan.linked-clone', {
        detail: `\`${desired.address}\` is to be a linked clone on storage \`${desired.source.storage}\`, but a linked clone always lies on the storage of its template. Leave the storage out, or make it a full clone.`,
        address: desired.address,
        range,
      })
    }
  }
  if (storage === undefined) return
  const content = context.kind.volumeContent
  checkStorage(world, {
    storage,
    node: desired.node,
    content,
    what: `The clone \`${desired.address}\``,
    address: desired.address,
    range,
  })
}

/** Slots of the template that the clone is not to have. */
const emptyIn = (slots: readonly string[], current: RawConfig): Config =>
  Object.fromEntries(slots.filter((key) => current[key] !== undefined).map((key) => [key, '']))

/** Plans a clone and what makes it as declared: its configuration, larger disks, other storages. */
export const cloneGuest = (context: GuestContext, start: Progress, findTemplate: TemplateFinder): Progress => {
  const { kind, desired } = context
  const source = findTemplate(context)
  if (!source) return start
  const storage = cloneStorage(context, source)
  checkClone(context, source, storage)
  const current = clonedConfig(context, source)
  const state = { running: false, current, pending: {} }
  const { node } = source.guest
  if (node !== desired.node && !isShared(context, source, storage)) checkUntied(context, node, state)
  const declared = { ...emptyIn(desired.emptySlots ?? [], current), ...desired.config }
  const differences = configDifferences({
    kind,
    declared,
    applied: {},
    found: {},
    state,
    ignored: [],
    caseSensitiveTags: context.world.observed.cluster.caseSensitiveTags === true,
  })
  // The name is no part of what it has from its template.
  const { [kind.nameKey]: _own, ...foundInClone } = foundKeys({
    ...{ kind, desired, state, differences },
    ...{ applied: {}, found: {} },
  })
  const sorted = sortDifferences(context, differences, desired.node)
  const grows = sorted.grows.flatMap(({ key, declared }) =>
    isPropertyMap(declared) && declared['size'] !== undefined ? [{ key, size: String(declared['size']) }] : [],
  )
  const moves = sorted.moves.filter(
    ({ declared }) =>
      storage === undefined ||
      !isPropertyMap(declared) ||
      (declared['storage'] ?? storage) !== storage ||
      declared['format'] !== undefined,
  )
  const added = new Set(sorted.adds.map(({ key }) => key))
  const parts: readonly PlanPart[] = [
    cloneStep(context, source, storage, foundInClone),
    dropCopies(
      context,
      sorted.detaches.map(({ key }) => key),
    ),
    configureClone(
      context,
      [
        ...sorted.plain.filter(({ key }) => !added.has(key)),
        ...sorted.movedOptions,
        ...sorted.secrets,
        ...sorted.adds,
      ].sort((a, b) => (a.key < b.key ? -1 : 1)),
    ),
    ...moves.map(
      (difference): PlanPart =>
        (progress) => {
          const moved = moveDisk(context, difference)(progress)
          const drafts = moved.drafts.map((draft) =>
            draft.verb === `move-${difference.key}` ? { ...draft, reversal: goesWithGuest } : draft,
          )
          return { ...moved, drafts }
        },
    ),
    growNew(grows),
    attachVolumes(context),
    finishNew(context),
  ]
  return parts.reduce((next, part) => part(next), { ...start, state })
}
