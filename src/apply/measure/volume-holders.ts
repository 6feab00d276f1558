import { volumeOwner } from '../../kinds/value/volume.ts'
import { type GuestRef, guestPath, parseVmid } from '../../resource/guest.ts'
import { type Asking, ask, readGuest } from '../observe/read-guest.ts'
import { volumesOf } from './added-meanwhile.ts'

/** Guests that have volumes of this one attached. */
export type HoldersNow = (vmid: number) => Promise<readonly GuestRef[]>

type Row = Readonly<Record<string, unknown>>

const guestOf = ({ type, node, vmid: number }: Row): readonly GuestRef[] => {
  const vmid = parseVmid(number)
  const isGuest = (type === 'qemu' || type === 'lxc') && typeof node === 'string'
  return isGuest && vmid !== undefined ? [{ type, node, vmid }] : []
}

/** Owners of volumes that a guest has attached; one that cannot be read tells nothing. */
const ownersAt = async (asking: Asking, guest: GuestRef): Promise<ReadonlySet<number>> => {
  const reading = await readGuest(asking, guest)
  if (reading.kind !== 'present') return new Set()
  const volumes = [...volumesOf(guest, reading.view.raw)].filter(([key]) => !key.startsWith('unused'))
  return new Set(volumes.flatMap(([, volume]) => volumeOwner(volume) ?? []))
}

const AT_ONCE = 8

const readAll = async (asking: Asking): Promise<ReadonlyMap<GuestRef, ReadonlySet<number>>> => {
  const answer = await ask(asking, '/cluster/resources', { type: 'vm' })
  const rows = answer.kind === 'answered' && Array.isArray(answer.data) ? (answer.data as readonly Row[]) : []
  const guests = rows.flatMap(guestOf)
  const found = new Map<GuestRef, ReadonlySet<number>>()
  for (let first = 0; first < guests.length; first += AT_ONCE) {
    const some = guests.slice(first, first + AT_ONCE)
    const owners = await Promise.all(some.map((guest) => ownersAt({ ...asking, waits: [] }, guest)))
    for (const [index, guest] of some.entries()) found.set(guest, owners[index] ?? new Set())
  }
  return found
}

/** Looks through the guests of the cluster once, when first asked; who seems to have a volume is looked at again. */
export const holdersNow = (asking: Asking): HoldersNow => {
  let all: Promise<ReadonlyMap<GuestRef, ReadonlySet<number>>> | undefined
  return async (vmid) => {
    all ??= readAll(asking)
    const likely = [...(await all)].filter(([guest, owners]) => guest.vmid !== vmid && owners.has(vmid))
    const looks = await Promise.all(
      likely.map(async ([guest]) => ((await ownersAt(asking, guest)).has(vmid) ? [guest] : [])),
    )
    return looks.flat()
  }
}

/** The guests in words. */
export const holderNames = (holders: readonly GuestRef[]): string =>
  holders.map((guest) => guestPath(guest).split('/').slice(-2).join('/')).join(', ')
