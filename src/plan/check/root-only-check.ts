import { attributeName } from '../../kinds/attribute-name.ts'
import { type ConfigValue, isPropertyMap } from '../../resource/config-value.ts'
import type { GuestContext } from '../state/guest-progress.ts'

/** Seen on PVE 9.2: `only root can set '…' config`, also for root's own token. */
const OF_VMS = new Set(
  'affinity amd-sev arch args hookscript hugepages intel-tdx ivshmem keephugepages parallel spice_enhancements vmgenid'.split(
    ' ',
  ),
)

const textOf = (value: ConfigValue): string => (isPropertyMap(value) ? JSON.stringify(value) : String(value))

const isVmOnly = (key: string, value: ConfigValue): boolean => {
  const stem = key.replace(/\d+$/, '')
  if (OF_VMS.has(key) || OF_VMS.has(stem)) return true
  if (stem === 'serial') return value !== 'socket'
  return (stem === 'hostpci' || stem === 'usb') && !/mapping|spice/.test(textOf(value))
}

const isContainerOnly = (key: string, value: ConfigValue): boolean => {
  if (key === 'hookscript' || /^dev\d+$/.test(key)) return true
  if (key === 'features') return isPropertyMap(value) && Object.keys(value).some((name) => name !== 'nesting')
  return /^mp\d+$/.test(key) && isPropertyMap(value) && String(value['volume'] ?? '').startsWith('/')
}

/** Warns of what the server takes from root@pam only, logged in with its password: with any other login the step fails. */
export const warnOfRootOnly = (
  { kind, world, desired }: GuestContext,
  values: readonly { readonly key: string; readonly declared?: ConfigValue }[],
): void => {
  if (world.observed.rights?.principal === 'root@pam') return
  const isOnly = kind.type === 'qemu' ? isVmOnly : isContainerOnly
  const names = values.flatMap(({ key, declared }) =>
    declared !== undefined && isOnly(key, declared) ? [attributeName(kind, key)] : [],
  )
  const [first] = names
  if (first === undefined) return
  world.report('plan.root-only', {
    detail: `Proxmox VE lets only root@pam set ${names.map((name) => `\`${name}\``).join(', ')} of \`${desired.address}\`, logged in with its password: a token, even root's own, is refused. With another login the plan fails at that step and is rolled back. Leave it out and set it on the node itself, or log in with PROXMOX_VE_USERNAME=root@pam and PROXMOX_VE_PASSWORD.`,
    address: desired.address,
    range: desired.rangeOf?.(first) ?? desired.range,
  })
}
