import { createHash } from 'node:crypto'
import type { Call } from '../../api/call.ts'
import { errorText, raise, raiseParam } from '../../api/error.ts'
import { uniqueTags } from '../../guest/tags.ts'
import { splitVolid } from '../../schema/formats.ts'
import type { Section } from '../../state/guest.ts'
import { findVolume, storageOf } from '../../volume/volumes.ts'
import { TRANSPORT } from './config-value.ts'
import { completeNet, isNetName } from './net.ts'

const transport = new Set([
  ...TRANSPORT,
  'archive',
  'bwlimit',
  'pool',
  'start',
  'storage',
  'unique',
  'live-restore',
  'ha-managed',
])

/** The configuration options of a request, as texts; `cdrom` is another name for `ide2`. */
export const settingsOf = (call: Call): Section => {
  const settings: Section = Object.create(null)
  for (const [name, value] of Object.entries(call.params)) if (!transport.has(name)) settings[name] = value
  for (const name of call.nulls)
    if (name === 'description') settings[name] = ''
    else if (!transport.has(name)) raise(`unable to parse value of '${name}' - got undefined value`)
  if (settings['cdrom'] !== undefined) {
    const file = settings['cdrom']
    delete settings['cdrom']
    if (settings['ide2'] !== undefined) raiseParam({ cdrom: "option conflicts with option 'ide2'" })
    settings['ide2'] = /(?:^|,)media=/.test(file) ? file : `${file},media=cdrom`
  }
  return settings
}

const sshKey =
  /^(?:\S+\s+)?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-[\w.@-]+)\s+[A-Za-z0-9+/]{4}(?:[A-Za-z0-9+/]{4}){5,}[A-Za-z0-9+/=]{0,4}(?:\s+.*)?$/

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Ends with PVE's text when a line of `sshkeys` is no public key. */
export const checkSshKeys = (settings: Section): void => {
  for (const line of decoded(settings['sshkeys'] ?? '').split('\n'))
    if (!/^\s*(?:#.*)?$/.test(line) && !sshKey.test(line.trim())) raise('SSH public key validation error')
}

/** A password as it is stored: SHA-512 crypt in form. */
const hashPassword = (salt: string, text: string): string =>
  /^\$(?:[156]|2[ay])(?:\$.+){2}/.test(text)
    ? text
    : `$5$${salt}$${createHash('sha256')
        .update(salt + text)
        .digest('base64')
        .replace(/[+=]/g, '.')
        .slice(0, 43)}`

/** Ends with PVE's text unless the volume is an executable snippet. PVE source: check_hookscript. */
const checkHookscript = (call: Call, volid: string): void => {
  const parts = splitVolid(volid)
  if (parts === undefined) return
  storageOf(call.world, parts.storage)
  if (!parts.name.startsWith('snippets/')) raise(`'${volid}' is not in the snippets directory\n`)
  const volume = findVolume(call.world, volid, call.node().name)
  if (volume === undefined) raise(`script '${volid}' does not exist\n`)
  else if (volume.executable !== true) raise(`script '${volid}' is not executable\n`)
}

/** `smp` is the old name of `sockets`; the file is never written with it. PVE source: write_vm_config. */
export const dropSmp = (config: Section): void => {
  const { smp } = config
  delete config['smp']
  if (smp === undefined || config['sockets'] !== undefined) return
  config['sockets'] = smp
  delete config['cores']
}

/** Brings options into the form in which they are stored, and checks what can be checked without the guest. */
export const normalizeSettings = (
  call: Call,
  settings: Section,
  { creating = false }: { readonly creating?: boolean } = {},
): void => {
  if (settings['cipassword'] !== undefined && !creating)
    settings['cipassword'] = hashPassword(call.world.random.hex(8), settings['cipassword'])
  if (settings['cpuunits'] !== undefined)
    settings['cpuunits'] = String(Math.min(10_000, Math.max(1, Number(settings['cpuunits']))))
  if (settings['tags'] !== undefined) settings['tags'] = uniqueTags(call.world, settings['tags'])
  if (settings['vmgenid'] === '1') settings['vmgenid'] = call.world.random.uuid()
  if (settings['hookscript'] !== undefined && !creating) {
    try {
      checkHookscript(call, settings['hookscript'])
    } catch (error) {
      raiseParam({ hookscript: `${errorText(error).replace(/\n*$/, '')}\n` })
    }
  }
  for (const name of Object.keys(settings))
    if (isNetName(name)) settings[name] = completeNet(call.world, settings[name] as string)
}
