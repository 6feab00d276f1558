import facts from '../../schemas/pve/container.json' with { type: 'json' }
import { containerTraits } from './container-traits.ts'
import { byParameter } from './facts/measured-effect.ts'
import type { PveFacts } from './facts/pve-facts.ts'
import type { KindDefinition } from './kind-definition.ts'

const { parameters, running } = facts as unknown as PveFacts

/** What the API description does not say about containers. */
export const containerDefinition: KindDefinition = {
  name: 'container',
  type: 'lxc',
  traits: containerTraits,
  parameters,
  running: byParameter(parameters, running),
  excluded: {
    'ha-managed': 'high availability is configured separately',
    lock: 'a lock is held by a task, and nothing in the API removes it',
    ostemplate: 'it is the field `template` of the container itself',
    pool: 'it is the field `pool` of the container itself',
    restore: 'a backup is restored by `mpc revert`, not declared',
    start: 'use `power = "running"`',
    storage: 'name the storage of the root file system and of each mount point',
    template: 'the field `template` names the archive a container is made from',
    unique: 'it belongs to restoring a backup',
    'unused[n]': 'detached volumes appear by themselves',
  },
  groups: { network: ['net[n]'], mount_point: ['mp[n]'] },
  lastIndex: { 'dev[n]': 255, 'mp[n]': 255, 'net[n]': 31, 'unused[n]': 255 },
  volumes: { rootfs: 'volume', 'mp[n]': 'volume', 'unused[n]': 'volume' },
  devices: [],
  excludedProperties: {},
  alternatives: {},
  requires: {},
  ignoredProperties: {},
  extraEnum: {},
  requiredDefaults: { 'net[n]': { name: 'eth%' } },
  absentBooleans: { rootfs: { acl: null }, 'mp[n]': { acl: null } },
  spellings: {
    features: { mount: 'set' },
    'mp[n]': { idmap: 'set', mountoptions: 'set' },
    nameserver: { '': 'ip' },
    'net[n]': { trunks: 'set' },
    rootfs: { idmap: 'set', mountoptions: 'set' },
  },
  lists: {
    tags: { separator: ';', split: /[;,\s]+/, set: true },
    nameserver: { separator: ' ', split: /[;,\s]+/ },
    searchdomain: { separator: ' ', split: /[;,\s]+/ },
    env: { separator: '\0', split: /[\0\n]+/, unordered: true },
    'ssh-public-keys': { separator: '\n', split: /\s*\n\s*/, unordered: true },
  },
  secrets: ['password'],
  knownEffects: { hookscript: 'live', unprivileged: 'replace' },
  // A device is given to a running container, and neither changed nor taken. PVE source: `vmconfig_hotplug_pending`.
  keepsPending: true,
  removed: { 'dev[n]': 'reboot' },
  liveProperties: { 'dev[n]': /^$/, 'net[n]': /./, rootfs: /^size$/, 'mp[n]': /^size$/ },
  undeletable: ['arch', 'hostname', 'memory', 'ostype', 'rootfs', 'unprivileged'],
  undeletableProperties: {},
  fixedProperties: {},
  withoutEffect: ['description', 'hookscript', 'onboot', 'protection', 'startup', 'tags'],
  // The name of a running system is set as it starts. PVE: `lxc.uts.name`.
  readAtStart: { hostname: 'always' },
  readAtStartProperties: {},
  sideEffects: {},
  urlEncoded: [],
  looseLineEnds: ['description'],
}
