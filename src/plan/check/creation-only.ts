import { attributeName, isIgnored } from '../../kinds/attribute-name.ts'
import type { AppliedGuest } from '../../resource/applied.ts'
import { type ConfigValue, isPropertyMap, isSecret } from '../../resource/config-value.ts'
import type { Vmid } from '../../resource/guest.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import type { GuestContext } from '../state/guest-progress.ts'

const isSame = (a: ConfigValue | undefined, b: ConfigValue | undefined): boolean =>
  isSecret(a) && isSecret(b) ? a.fingerprint === b.fingerprint : canonicalJson(a ?? null) === canonicalJson(b ?? null)

const importOf = (value: ConfigValue | undefined): ConfigValue | undefined =>
  isPropertyMap(value) ? value['import-from'] : undefined

/** Attributes whose declared value the guest that exists will never have: the server takes them only as it makes a guest or a disk. */
const unreached = (
  { kind, desired }: GuestContext,
  applied: AppliedGuest | undefined,
  current: { readonly [key: string]: string },
): readonly string[] => {
  const before = applied?.config ?? {}
  const ignored = desired.lifecycle.ignoreChanges
  return [...new Set([...Object.keys(before), ...Object.keys(desired.config)])].sort().flatMap((key) => {
    const [was, is] = [before[key], desired.config[key]]
    const facts = kind.factsFor(key)
    if (facts && !facts.on.includes('update'))
      return isSame(was, is) || isIgnored(kind, ignored, key) ? [] : [attributeName(kind, key)]
    // A disk that is made now is made from what is declared now; one that is bound came from elsewhere, which nobody can tell.
    const isThere = current[key] !== undefined && was !== undefined && importOf(is) !== undefined
    if (!isThere || isSame(importOf(was), importOf(is)) || isIgnored(kind, ignored, key, 'import-from')) return []
    return [attributeName(kind, key, 'import-from')]
  })
}

const INSIDE: Readonly<Record<string, string>> = {
  password: 'Set the password inside it: `passwd` in `pct enter VMID`, on its node.',
  'ssh-public-keys': 'Change the authorized keys of its root user inside it: `pct enter VMID`, on its node.',
}

/** Warns of declared values that do not reach a guest any more, so that nobody takes a key for withdrawn that still opens the door. */
export const warnOfCreationOnly = (
  context: GuestContext,
  vmid: Vmid,
  applied: AppliedGuest | undefined,
  current: { readonly [key: string]: string },
): void => {
  const { kind, world, desired } = context
  const names = unreached(context, applied, current)
  const [first] = names
  if (first === undefined) return
  const what = `${kind.label} ${vmid}`
  const why = applied ? 'changed since it was created' : 'declared for a guest that mpc did not create'
  const how = names.flatMap((name) => INSIDE[name]?.replace('VMID', String(vmid)) ?? [])
  world.report('plan.creation-only', {
    detail: [
      `${names.map((name) => `\`${name}\``).join(', ')} of \`${desired.address}\` does not reach ${what}: it is ${why}, and Proxmox VE applies it only when a guest or a disk is created.`,
      ...how,
      `To silence this: \`lifecycle { ignore_changes = [${names.join(', ')}] }\`.`,
    ].join(' '),
    address: desired.address,
    range: desired.rangeOf?.(first) ?? desired.range,
  })
}
