import { volumeOwner } from '../../kinds/value/volume.ts'
import { type AttachedVolume, attachedIn } from '../../plan/state/held-volumes.ts'
import { type GuestRef, guestPath, isGuestType, parseVmid } from '../../resource/guest.ts'
import { type Asking, ask, readGuest } from '../observe/read-guest.ts'

/** A key of a guest that holds a volume. */
export interface VolumeHolder {
  readonly guest: GuestRef
  readonly key: string
}

/** Who has which volumes attached now. */
export interface HoldersNow {
  /** Other guests that have volumes of this one. */
  readonly ofGuest: (vmid: number) => Promise<readonly GuestRef[]>
  /** Other guests than this one that have the volume. */
  readonly ofVolume: (volume: string, vmid: number) => Promise<readonly VolumeHolder[]>
}

type Row = Readonly<Record<string, unknown>>

const guestOf = ({ type, node, vmid: number }: Row): readonly GuestRef[] => {
  const vmid = parseVmid(number)
  return isGuestType(type) && typeof node === 'string' && vmid !== undefined ? [{ type, node, vmid }] : []
}

/** Volumes that a guest has attached, by key; of one that cannot be read nothing is known. */
const volumesAt = async (asking: Asking, guest: GuestRef): Promise<readonly AttachedVolume[]> => {
  const reading = await readGuest(asking, guest)
  return reading.kind === 'present' ? attachedIn(guest.type, reading.view.raw) : []
}

const belongTo =
  (vmid: number) =>
  ({ volume }: AttachedVolume): boolean =>
    volumeOwner(volume) === vmid

const AT_ONCE = 8

type AllVolumes = ReadonlyMap<GuestRef, readonly AttachedVolume[]>

const readAll = async (asking: Asking): Promise<AllVolumes> => {
  const answer = await ask(asking, '/cluster/resources', { type: 'vm' })
  const rows = answer.kind === 'answered' && Array.isArray(answer.data) ? (answer.data as readonly Row[]) : []
  const guests = rows.flatMap(guestOf)
  const found = new Map<GuestRef, readonly AttachedVolume[]>()
  for (let first = 0; first < guests.length; first += AT_ONCE) {
    const some = guests.slice(first, first + AT_ONCE)
    const volumes = await Promise.all(some.map((guest) => volumesAt({ ...asking, waits: [] }, guest)))
    for (const [index, guest] of some.entries()) found.set(guest, volumes[index] ?? [])
  }
  return found
}

/** Looks through the guests of the cluster once, when first asked; who seems to have a volume is looked at again. */
export const holdersNow = (asking: Asking): HoldersNow => {
  let all: Promise<AllVolumes> | undefined
  const search = async (
    vmid: number,
    isWanted: (attached: AttachedVolume) => boolean,
  ): Promise<readonly VolumeHolder[]> => {
    all ??= readAll(asking)
    const likely = [...(await all)].filter(([guest, volumes]) => guest.vmid !== vmid && volumes.some(isWanted))
    const looks = await Promise.all(
      likely.map(async ([guest]) =>
        (await volumesAt(asking, guest)).filter(isWanted).map(({ key }) => ({ guest, key })),
      ),
    )
    return looks.flat()
  }
  return {
    ofGuest: async (vmid) => [...new Set((await search(vmid, belongTo(vmid))).map(({ guest }) => guest))],
    ofVolume: (volume, vmid) => search(vmid, (attached) => attached.volume === volume),
  }
}

/** The guests in words. */
export const holderNames = (holders: readonly GuestRef[]): string =>
  holders.map((guest) => guestPath(guest).split('/').slice(-2).join('/')).join(', ')
