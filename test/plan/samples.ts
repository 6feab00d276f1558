import { guestKinds } from '../../src/kinds/registry.ts'
import { type Address, parseAddress } from '../../src/resource/address.ts'
import type { Config, ConfigValue } from '../../src/resource/config-value.ts'
import {
  DEFAULT_LIFECYCLE,
  type Desired,
  type DesiredGuest,
  type DesiredPool,
  type DesiredResource,
  type Lifecycle,
} from '../../src/resource/desired.ts'
import type { ObservedStorage } from '../../src/resource/observed.ts'
import type { Model, ModelGuest } from './model-cluster.ts'

export const at = (text: string): Address => {
  const address = parseAddress(text)
  if (!address) throw new Error(`no address: ${text}`)
  return address
}

/** Declared configuration as it comes out of the declarations: normalised. */
export const config = (kind: 'vm' | 'container', values: Readonly<Record<string, ConfigValue>>): Config =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const { value: own, problem } = guestKinds[kind].normalize(key, value)
      if (problem) throw new Error(problem.detail)
      return [key, own]
    }),
  )

type GuestSample = Partial<Omit<DesiredGuest, 'config' | 'lifecycle' | 'address' | 'kind'>> & {
  readonly config?: Readonly<Record<string, ConfigValue>>
  readonly lifecycle?: Partial<Lifecycle>
}

const guest = (
  kind: 'vm' | 'container',
  address: string,
  { config: values = {}, lifecycle, ...rest }: GuestSample,
): DesiredGuest => ({
  kind,
  address: at(address),
  node: 'pve1',
  source: kind === 'vm' ? { by: 'blank' } : { by: 'archive', volume: 'local:vztmpl/debian.tar.zst' },
  config: config(kind, values),
  lifecycle: { ...DEFAULT_LIFECYCLE, ...lifecycle },
  dependsOn: [],
  ...rest,
})

export const vm = (address: string, sample: GuestSample = {}): DesiredGuest => guest('vm', address, sample)
export const container = (address: string, sample: GuestSample = {}): DesiredGuest =>
  guest('container', address, sample)

export const pool = (address: string, poolid: string, comment?: string): DesiredPool => ({
  kind: 'pool',
  address: at(address),
  poolid,
  ...(comment !== undefined && { comment }),
  lifecycle: DEFAULT_LIFECYCLE,
  dependsOn: [],
})

export const desire = (resources: readonly DesiredResource[], more: Partial<Desired> = {}): Desired => ({
  resources,
  outputs: [],
  moved: [],
  imports: [],
  removed: [],
  ...more,
})

const storage = (
  name: string,
  node: string,
  type: string,
  content: readonly string[],
  shared = false,
): ObservedStorage => ({
  storage: name,
  node,
  type,
  content,
  shared,
  active: true,
  total: 10 ** 12,
  used: 10 ** 11,
})

/** Three nodes with file, thin and shared storage. */
export const emptyModel = (): Model => ({
  nodes: ['pve1', 'pve2', 'pve3'],
  storages: ['pve1', 'pve2', 'pve3'].flatMap((node) => [
    storage('local', node, 'dir', ['backup', 'images', 'import', 'iso', 'rootdir', 'snippets', 'vztmpl']),
    storage('local-lvm', node, 'lvmthin', ['images', 'rootdir']),
    storage('nas', node, 'nfs', ['backup', 'images', 'rootdir'], true),
  ]),
  pools: { prod: 'made by hand' },
  guests: {},
  volumes: {},
  backups: [],
  serial: 1,
})

/** Adds a guest with the given raw configuration, its volumes with the sizes it names. */
export const addGuest = (model: Model, sample: Partial<ModelGuest> & Pick<ModelGuest, 'vmid' | 'type'>): ModelGuest => {
  const identity: Record<string, string> =
    sample.type === 'qemu' ? { smbios1: `uuid=00000000-0000-4000-8000-${String(sample.vmid).padStart(12, '0')}` } : {}
  const made: ModelGuest = {
    node: 'pve1',
    status: 'stopped',
    pending: {},
    snapshots: {},
    ...sample,
    current: { ...identity, ...sample.current },
  }
  model.guests[made.vmid] = made
  const kind = guestKinds[made.type === 'qemu' ? 'vm' : 'container']
  for (const [key, text] of Object.entries(made.current)) {
    const value = kind.decodeValue(key, text)
    const size = /(?:^|,)size=(\d+)([KMGT]?)/.exec(text)
    const volume = text.split(',')[0] ?? ''
    if (size && kind.isVolume(key, value))
      model.volumes[volume] = Number(size[1]) * 1024 ** ' KMGT'.indexOf(size[2] || ' ')
    if (/^unused\d+$/.test(key)) model.volumes[text] = 2 ** 30
  }
  return made
}
