import { createHash } from 'node:crypto'
import type { Guest, Section } from '../state/guest.ts'

const escaped = (line: string): string => {
  let out = ''
  for (const byte of Buffer.from(line, 'utf8')) {
    if (byte < 0x20 || byte === 0x25 || byte >= 0x7f) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    else out += String.fromCharCode(byte)
  }
  return out
}

const sectionText = (section: Section, pending: boolean): string => {
  const lines: string[] = []
  const description = section['description']
  if (description !== undefined) {
    if (description !== '')
      for (const line of description.replace(/\n+$/, '').split('\n')) lines.push(`#${escaped(line)}`)
    else if (pending) lines.push('#')
  }
  for (const key of Object.keys(section).sort()) if (key !== 'description') lines.push(`${key}: ${section[key]}`)
  return lines.map((line) => `${line}\n`).join('')
}

const pendingSection = (guest: Guest): Section => {
  if (guest.pendingDelete.size === 0) return guest.pending
  const names = [...guest.pendingDelete].map(([name, force]) => (force ? `!${name}` : name)).sort()
  return { ...guest.pending, delete: names.join(',') }
}

/** A guest's configuration file as PVE writes it: description as comments, sorted keys, then [PENDING] and the snapshots. */
export const configText = (guest: Guest): string => {
  let text = sectionText(guest.config, false) + guest.raw.map(([key, value]) => `${key}: ${value}\n`).join('')
  const pending = pendingSection(guest)
  if (Object.keys(pending).length > 0)
    text += `\n[${guest.type === 'lxc' ? 'pve:pending' : 'PENDING'}]\n${sectionText(pending, true)}`
  if (guest.cloudinit !== undefined && Object.keys(guest.cloudinit).length > 0)
    text += `\n[special:cloudinit]\n${sectionText(guest.cloudinit, false)}`
  for (const name of [...guest.snapshots.keys()].sort())
    text += `\n[${name}]\n${sectionText(guest.snapshots.get(name) as Section, false)}`
  return text
}

/** SHA-1 of the configuration file: what `digest` is compared with. */
export const digestOf = (guest: Guest): string => {
  if (guest.digest?.version === guest.version) return guest.digest.value
  const value = createHash('sha1').update(configText(guest)).digest('hex')
  guest.digest = { version: guest.version, value }
  return value
}
