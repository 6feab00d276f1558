import { inOrder } from '../../util/natural-order.ts'

/** How a person would tell of a guest: what it is and where, then how large, then how it starts, then what it is told inside. */
const FIRST: readonly string[] = [
  'node',
  'vmid',
  'name',
  'hostname',
  'template',
  'description',
  'tags',
  'pool',
  'onboot',
  'startup',
  'protection',
  'unprivileged',
  'features',
  'ostype',
  'machine',
  'bios',
  'cpu',
  'sockets',
  'cores',
  'vcpus',
  'cpulimit',
  'cpuunits',
  'memory',
  'balloon',
  'swap',
  'scsihw',
  'rootfs',
  'boot',
  'agent',
]

const LAST: readonly string[] = ['cicustom', 'ciuser', 'sshkeys', 'nameserver', 'searchdomain']
const CLOUD_INIT = /^ipconfig\d+$/

const placeOf = (key: string): string => {
  const first = FIRST.indexOf(key)
  if (first >= 0) return `0 ${first}`
  const last = LAST.indexOf(key)
  if (last >= 0) return `2 ${last}`
  return CLOUD_INIT.test(key) ? `3 ${key}` : `1 ${key}`
}

/** Sorts attributes and slots into the order in which declarations are written. */
export const inWrittenOrder = <T>(items: readonly T[], key: (item: T) => string): readonly T[] =>
  inOrder(items, (item) => placeOf(key(item)))
