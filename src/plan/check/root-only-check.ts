import { attributeName } from '../../kinds/attribute-name.ts'
import type { ConfigValue } from '../../resource/config-value.ts'
import type { GuestContext } from '../state/guest-progress.ts'

/** Warns of what the server takes from root@pam only, logged in with its password: an apply with any other login is refused. */
export const warnOfRootOnly = (
  { kind, world, desired }: GuestContext,
  values: readonly { readonly key: string; readonly declared?: ConfigValue }[],
): void => {
  if (world.observed.rights?.principal === 'root@pam') return
  const names = values.flatMap(({ key, declared }) =>
    declared !== undefined && kind.isRootOnly(key, declared) ? [attributeName(kind, key)] : [],
  )
  const [first] = names
  if (first === undefined) return
  world.report('plan.root-only', {
    detail: `Proxmox VE lets only root@pam set ${names.map((name) => `\`${name}\``).join(', ')} of \`${desired.address}\`, logged in with its password: a token, even root's own, is refused. With another login \`mpc apply\` begins nothing. Leave it out and set it on the node itself, or log in with PROXMOX_VE_USERNAME=root@pam and PROXMOX_VE_PASSWORD.`,
    address: desired.address,
    range: desired.rangeOf?.(first) ?? desired.range,
  })
}
