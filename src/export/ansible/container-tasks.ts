import { parseSize } from '../../kinds/value/size.ts'
import { type ConfigReader, readConfig } from '../config-reader.ts'
import type { ExportedGuest, Loss } from '../export.ts'
import { ABSENT, anyDiffers } from './guard.ts'
import { type GuestTasks, LEFT, stateTasks, type Task, type TellLoss } from './guest-tasks.ts'
import type { YamlValue } from './yaml-text.ts'

const NOT_CONFIGURATION = ['lock', 'digest', 'parent', 'snaptime', 'template', 'arch', 'hostname']
const OSTYPES = /^(debian|devuan|ubuntu|centos|fedora|opensuse|archlinux|alpine|gentoo|nixos|unmanaged)$/

interface Settings {
  readonly options: Readonly<Record<string, YamlValue | undefined>>
  readonly texts: ReadonlyMap<string, string>
}

const parts = (text: string | undefined): readonly string[] | undefined => text?.split(',').filter(Boolean)

/** What can be changed on a container that exists. */
const settingsOf = (config: ConfigReader): Settings => {
  const keys = [
    ...['cores', 'cpuunits', 'memory', 'swap', 'onboot', 'description', 'hookscript', 'timezone', 'nameserver'],
    ...['searchdomain', 'startup', 'features', 'tags'],
    ...config.numbered('net').map(({ key }) => key),
  ]
  const texts = new Map(keys.flatMap((key) => (config.has(key) ? [[key, config.raw(key) ?? ''] as const] : [])))
  const netif = Object.fromEntries([...texts].filter(([key]) => /^net\d+$/.test(key)))
  const options = {
    cores: config.number('cores'),
    cpuunits: config.number('cpuunits'),
    memory: config.number('memory'),
    swap: config.number('swap'),
    onboot: config.flag('onboot'),
    description: config.text('description'),
    hookscript: config.text('hookscript'),
    timezone: config.text('timezone'),
    nameserver: texts.get('nameserver'),
    searchdomain: texts.get('searchdomain'),
    startup: parts(texts.get('startup')),
    features: parts(texts.get('features')),
    tags: config.list('tags'),
    netif: Object.keys(netif).length > 0 ? netif : undefined,
  }
  return { options, texts }
}

const gib = (key: string, size: string | undefined, lose: TellLoss): number | undefined => {
  const whole = Math.ceil((parseSize(size ?? '') ?? 0) / 1024 ** 3)
  if (size !== undefined && whole * 1024 ** 3 !== parseSize(size))
    lose(`${key}.size`, size, `made with ${whole} GB when the container is re-created: the module takes whole GB only`)
  return whole > 0 ? whole : undefined
}

/** Volumes come with the creation only: the module would make new ones of those that exist. */
const volumesOf = (config: ConfigReader, lose: TellLoss): Record<string, YamlValue | undefined> => {
  const root = config.properties('rootfs')
  root?.skip('volume')
  const mounts = config.numbered('mp').flatMap(({ key }): readonly YamlValue[] => {
    const point = config.properties(key)
    if (!point) return []
    const storage = point.text('storage')
    const mountpoint = point.text('mp') ?? '/'
    const volume = point.text('volume')
    if (storage === undefined) {
      lose(key, volume, 'only root@pam can mount the host folder again')
      return [{ id: key, ...(volume !== undefined && { host_path: volume }), mountpoint }]
    }
    return [{ id: key, storage, size: gib(key, point.text('size'), lose), mountpoint }]
  })
  return {
    disk_volume: root && { storage: root.text('storage'), size: gib('rootfs', root.text('size'), lose) },
    mount_volumes: mounts.length > 0 ? mounts : undefined,
  }
}

const osOf = (config: ConfigReader): string | undefined => {
  const type = config.text('ostype')
  return type !== undefined && OSTYPES.test(type) ? type : undefined
}

/** A container in guarded steps: create (when its archive is known), set, start. */
export const containerTasks = ({ address, guest, archive }: ExportedGuest): GuestTasks => {
  const losses: Loss[] = []
  const lose: TellLoss = (key, value, consequence) => losses.push({ address, key, value: value ?? '', consequence })
  const config = readConfig(guest)
  config.skip(...NOT_CONFIGURATION)
  const { options, texts } = settingsOf(config)
  const at = { vmid: guest.vmid, node: guest.node, hostname: guest.name }
  const fixed = { ostype: osOf(config), unprivileged: config.flag('unprivileged') ?? false, ...volumesOf(config, lose) }
  if (archive === undefined)
    lose(
      '(archive)',
      '',
      'the server does not say what the container was created from: it can be changed, but not re-created',
    )
  const create: readonly Task[] =
    archive === undefined
      ? []
      : [
          {
            name: 'Create it',
            module: 'proxmox',
            options: {
              ...at,
              state: 'present',
              update: false,
              ostemplate: archive,
              pool: guest.pool,
              ...fixed,
              ...options,
            },
            when: ABSENT,
          },
        ]
  const update: Task = {
    name: 'Settings',
    module: 'proxmox',
    options: { ...at, state: 'present', update: true, ...options },
    when: anyDiffers(new Map([['hostname', guest.current['hostname'] ?? guest.name], ...texts])),
  }
  for (const { name, value } of config.left()) lose(name, value, LEFT)
  return { tasks: [...create, update, ...stateTasks(guest, 'proxmox')], losses }
}
