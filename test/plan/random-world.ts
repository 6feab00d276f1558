import type { ConfigValue } from '../../src/resource/config-value.ts'
import type { DesiredGuest, DesiredResource } from '../../src/resource/desired.ts'
import { container, pool, vm } from './samples.ts'

/** Numbers that look random and are the same for the same seed (mulberry32). */
export const randomOf = (seed: number) => {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  return { next, below, pick, chance: (share: number) => next() < share }
}

export type Random = ReturnType<typeof randomOf>

const size = (random: Random, least: number) => `${least + random.below(4)}G`

const nic = (random: Random): ConfigValue => ({
  bridge: random.pick(['vmbr0', 'vmbr1']),
  ...(random.chance(0.5) && { tag: 1 + random.below(100) }),
  ...(random.chance(0.3) && { firewall: random.chance(0.5) }),
})

const disk = (random: Random, least: number): ConfigValue => ({
  storage: random.pick(['local', 'local-lvm', 'nas']),
  size: size(random, least),
  ...(random.chance(0.4) && { discard: random.pick(['on', 'ignore']) }),
  ...(random.chance(0.3) && { iops_rd: 100 * (1 + random.below(5)) }),
})

const vmConfig = (random: Random): Record<string, ConfigValue> => {
  const some: Record<string, ConfigValue> = { scsi0: disk(random, 8) }
  const maybe = (key: string, value: ConfigValue) => {
    if (random.chance(0.5)) some[key] = value
  }
  maybe('cores', 1 + random.below(8))
  maybe('memory', 512 * (1 + random.below(8)))
  maybe('tags', [random.pick(['a', 'b']), random.pick(['b', 'c'])])
  maybe('description', `text ${random.below(5)}`)
  maybe('onboot', random.chance(0.5))
  maybe('agent', { enabled: random.chance(0.5), ...(random.chance(0.3) && { type: 'isa' }) })
  maybe('cpu', random.pick(['host', 'x86-64-v2-AES,flags=+aes']))
  maybe('net0', nic(random))
  maybe('net1', nic(random))
  maybe('scsi1', disk(random, 1))
  maybe('virtio3', disk(random, 1))
  maybe('sata2', disk(random, 1))
  maybe(
    'ide2',
    random.pick<ConfigValue>([
      { storage: 'nas', media: 'cloudinit' },
      { file: 'local:iso/x.iso', media: 'cdrom' },
      { file: 'none', media: 'cdrom' },
    ]),
  )
  maybe('ipconfig0', { ip: random.pick(['dhcp', '10.0.0.5/24']) })
  maybe('sshkeys', [`ssh-ed25519 AAAA key${random.below(3)}`])
  maybe('startup', { order: random.below(5) })
  maybe('protection', random.chance(0.3))
  if (random.chance(0.3)) some['boot'] = { order: 'scsi0' }
  return some
}

const containerConfig = (random: Random): Record<string, ConfigValue> => {
  const some: Record<string, ConfigValue> = { rootfs: { storage: 'local-lvm', size: size(random, 8) } }
  const maybe = (key: string, value: ConfigValue) => {
    if (random.chance(0.5)) some[key] = value
  }
  maybe('cores', 1 + random.below(4))
  maybe('memory', 256 * (1 + random.below(8)))
  maybe('description', `text ${random.below(5)}\n`)
  maybe('features', { nesting: random.chance(0.5) })
  maybe('nameserver', ['10.0.0.1', '10.0.0.2'].slice(0, 1 + random.below(2)))
  maybe('net0', { bridge: random.pick(['vmbr0', 'vmbr1']), ip: random.pick(['dhcp', '10.0.0.7/24']) })
  maybe('mp0', {
    storage: random.pick(['local', 'local-lvm']),
    size: size(random, 1),
    mp: random.pick(['/a', '/b']),
    backup: true,
  })
  maybe('mp1', { storage: 'local-lvm', size: '1G', mp: '/c', backup: true })
  maybe('tty', random.below(4))
  maybe('tags', [random.pick(['x', 'y'])])
  return some
}

const lifecycle = (random: Random) => ({
  reboot: random.pick(['never', 'allowed'] as const),
  onDestroy: random.pick(['backup', 'retain'] as const),
  snapshot: random.pick(['auto', 'auto', 'always'] as const),
})

/** A declaration of up to `most` guests and a pool, made of everyday attributes. */
export const randomResources = (random: Random, most: number): readonly DesiredResource[] => {
  const guests: DesiredGuest[] = []
  for (let index = 0; index < most; index++) {
    if (random.chance(0.2)) continue
    const common = {
      node: random.pick(['pve1', 'pve2']),
      lifecycle: lifecycle(random),
      ...(random.chance(0.7) && { power: random.pick(['running', 'stopped'] as const) }),
      ...(random.chance(0.4) && { pool: random.pick(['prod', 'lab']) }),
    }
    guests.push(
      index % 3 === 2
        ? container(`container.c${index}`, { ...common, config: containerConfig(random) })
        : vm(`vm.g[${index}]`, { ...common, config: vmConfig(random) }),
    )
  }
  return [...guests, pool('pool.lab', 'lab', random.pick(['one', 'two']))]
}

/** The same items in another order. */
export const shuffled = <T>(random: Random, items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
