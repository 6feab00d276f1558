import { attributeName } from '../../kinds/attribute-name.ts'
import { isPropertyMap, isSecret, type Secret } from '../../resource/config-value.ts'
import { isMasked, MASK } from '../../resource/hidden-keys.ts'
import type { Difference } from '../state/config-difference.ts'
import { advance, type GuestContext, type PlanPart, type Progress } from '../state/guest-progress.ts'
import {
  afterWrite,
  type ConfigWrite,
  configRequests,
  restoreRequests,
  textOf,
  waitsForStart,
  writeRequests,
} from '../state/guest-state.ts'
import { withVolume } from '../state/volume-reference.ts'

/** The text for a key as declared; undefined deletes it. Drives that PVE makes by itself are made again, not edited. */
export const declaredText = ({ kind }: GuestContext, difference: Difference): string | undefined => {
  const { key, declared, observed, text, dropped } = difference
  if (declared === undefined || isSecret(declared)) return undefined
  const isNewDrive =
    isPropertyMap(declared) &&
    isPropertyMap(observed) &&
    declared['media'] === 'cloudinit' &&
    (observed['media'] !== 'cloudinit' || (declared['storage'] ?? observed['storage']) !== observed['storage'])
  const written = kind.encode(key, declared, isNewDrive ? undefined : text, dropped)
  return written === '' ? undefined : written
}

/** One write of the plain differences. */
export const writeOf = (context: GuestContext, differences: readonly Difference[]): ConfigWrite => {
  const texts = differences.map((difference) => [difference.key, declaredText(context, difference)] as const)
  return {
    set: Object.fromEntries(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const]))),
    remove: texts.flatMap(([key, text]) => (text === undefined ? [key] : [])),
  }
}

const summaryOf = ({ kind }: GuestContext, { set, remove }: ConfigWrite): string => {
  const names = (keys: readonly string[]) => [...keys].sort().map((key) => attributeName(kind, key))
  const [changed, unset] = [names(Object.keys(set)), names(remove)]
  return [
    ...(changed.length > 0 ? [`set ${changed.join(', ')}`] : []),
    ...(unset.length > 0 ? [`unset ${unset.join(', ')}`] : []),
  ].join('; ')
}

const partOf = ({ set, remove }: ConfigWrite, isIn: (key: string) => boolean): ConfigWrite => ({
  set: Object.fromEntries(Object.entries(set).filter(([key]) => isIn(key))),
  remove: remove.filter(isIn),
})

/** Writes the plain differences; what was a secret so far in a request of its own, because only that cannot be set again. */
export const updateConfig =
  (context: GuestContext, verb: string, write: ConfigWrite): PlanPart =>
  (progress) => {
    const isHidden = (key: string): boolean => isMasked(textOf(progress.state, key))
    const rest = writeKnown(
      context,
      verb,
      partOf(write, (key) => !isHidden(key)),
    )(progress)
    return writeOver(context, `${verb}-secret`, partOf(write, isHidden))(rest)
  }

/** Puts something else, or nothing, in the place of secrets. */
const writeOver =
  (context: GuestContext, verb: string, write: ConfigWrite): PlanPart =>
  (progress) => {
    const written = writeKnown(context, verb, write)(progress)
    const last = written.drafts.at(-1)
    if (written === progress || !last) return progress
    const names = [...Object.keys(write.set), ...write.remove].sort().map((key) => attributeName(context.kind, key))
    const reason = `the previous ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} secret and not kept, so it cannot be set again`
    return { ...written, drafts: [...written.drafts.slice(0, -1), { ...last, reversal: { by: 'nothing', reason } }] }
  }

/** One request, after one that withdraws what is pending; the way back are the exact texts from before, and deletion of what was absent. */
const writeKnown =
  (context: GuestContext, verb: string, write: ConfigWrite): PlanPart =>
  (progress) => {
    const { kind } = context
    const { guest, state } = progress
    const keys = [...Object.keys(write.set), ...write.remove]
    if (keys.length === 0) return progress
    const next = afterWrite(state, kind, write)
    const pending = keys.some((key) => waitsForStart(state, kind, key, write.set[key]))
    const noticed = keys.some((key) => !kind.isWithoutEffect(key))
    const touched = new Set([...keys, ...keys.flatMap(kind.sideEffects)])
    if (textOf(state, 'boot') !== textOf(next, 'boot')) touched.add('boot')
    return advance(
      progress,
      {
        verb,
        action: 'update',
        guest,
        summary: summaryOf(context, write),
        requests: writeRequests(kind, guest, state, write),
        disruption: !state.running ? 'none' : pending ? 'pending' : noticed ? 'live' : 'none',
        reversal: {
          by: 'requests',
          requests: restoreRequests(kind, guest, { before: state, after: next }, [...touched]),
          note: 'set the previous values again',
        },
      },
      next,
    )
  }

/** Writes a secret. The server never shows one, so only its absence can be restored. */
export const setSecret =
  (context: GuestContext, { key, declared, text }: Difference): PlanPart =>
  (progress: Progress) => {
    const { guest, state } = progress
    if (!isSecret(declared)) return progress
    const secret: Secret = declared
    const known = !isMasked(text)
    const next = afterWrite(state, context.kind, { set: { [key]: MASK }, remove: [] })
    const name = attributeName(context.kind, key)
    return advance(
      progress,
      {
        verb: `set-${key}`,
        action: 'update',
        guest,
        summary: `set ${name}`,
        requests: configRequests(guest, { [key]: secret }),
        disruption: state.running ? (waitsForStart(state, context.kind, key, MASK) ? 'pending' : 'live') : 'none',
        reversal: known
          ? {
              by: 'requests',
              requests: restoreRequests(context.kind, guest, { before: state, after: next }, [key]),
              note: text === undefined ? `unset ${name}` : 'set the previous value again',
            }
          : { by: 'nothing', reason: `the previous ${name} is secret and not kept, so it cannot be set again` },
      },
      next,
    )
  }

/**
 * Changes the options of a disk that this plan has moved. Its volume may get another name when it is moved back, so neither way names it: a
 * remembered name could attach another disk's volume.
 */
export const updateMovedDisk =
  (context: GuestContext, difference: Difference): PlanPart =>
  (progress) => {
    const { kind, desired } = context
    const { key, declared, dropped } = difference
    const { guest, state } = progress
    const text = textOf(state, key)
    if (text === undefined || !isPropertyMap(declared)) return progress
    const written = kind.encode(key, declared, text, dropped)
    const verb = `update-${key}`
    const write = (to: string) => {
      const { read, param } = withVolume(desired.address, verb, guest, key, to)
      return [read, ...configRequests(guest, { [key]: param })]
    }
    const next = afterWrite(state, kind, { set: { [key]: written }, remove: [] })
    const pending = next.pending[key] !== undefined
    return advance(
      progress,
      {
        verb,
        action: 'update',
        guest,
        summary: `set options of ${attributeName(kind, key)}`,
        requests: write(written),
        disruption: !state.running ? 'none' : pending ? 'pending' : 'live',
        reversal: {
          by: 'requests',
          requests: [...(pending ? configRequests(guest, {}, [], { revert: key }) : []), ...write(text)],
          note: 'set the previous options again',
        },
      },
      next,
    )
  }
