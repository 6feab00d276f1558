import { raise } from '../api/error.ts'
import { parsePropertyString } from '../schema/check.ts'
import { namedFormat } from '../schema/verify.ts'
import { formatOf } from './option.ts'

/** Device nodes a host has. */
const present = new Set(
  'null zero full random urandom tty ptmx kmsg fuse kvm net/tun dri/card0 dri/renderD128 ttyS0 ttyUSB0 ttyACM0 snd/timer'
    .split(' ')
    .map((name) => `/dev/${name}`),
)

/** Ends the request unless the device to pass through names a path that exists on the host. */
export const checkDevice = (key: string, value: string): void => {
  const path = parsePropertyString(formatOf(key), value, '', namedFormat)['path']
  if (path === undefined) raise('Path has to be defined')
  else if (!present.has(path)) raise(`Device ${path} does not exist`)
}
