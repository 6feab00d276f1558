import type { Guest } from '../../state/guest.ts'

const names = new Set('cicustom cipassword citype ciupgrade ciuser nameserver searchdomain sshkeys name'.split(' '))

/** Whether the option is part of what a cloud-init drive holds. Network cards count by their MAC addresses. */
const isCloudinitOption = (name: string): boolean => names.has(name) || /^(?:ipconfig|net)\d+$/.test(name)

/**
 * Notes that a cloud-init value differs from what the drive was written with: the old value, or that it was added. What is changed back
 * is forgotten again. PVE source: the cloudinit section of the configuration file.
 */
export const recordCloudinit = (
  guest: Guest,
  name: string,
  old: string | undefined,
  next: string | undefined,
): void => {
  if (!isCloudinitOption(name)) return
  const state = { ...guest.cloudinit }
  const recorded = state[name]
  const added = new Set((state['added'] ?? '').split(',').filter((item) => item !== ''))
  delete state['added']
  if (next !== undefined && recorded !== undefined) {
    if (next === recorded) {
      delete state[name]
      added.delete(name)
    }
  } else if (next !== undefined) {
    if (!added.has(name) && old !== undefined) state[name] = old
    else if (old === undefined) added.add(name)
  } else if (old !== undefined && recorded === undefined) {
    if (added.has(name)) added.delete(name)
    else state[name] = old
  }
  if (added.size > 0) state['added'] = [...added].sort().join(',')
  guest.cloudinit = Object.keys(state).length === 0 ? undefined : state
}
