import type { Call } from '../../api/call.ts'
import { raise } from '../../api/error.ts'
import type { Volume } from '../../state/storage.ts'
import type { World } from '../../state/world.ts'
import { allocate, backend, findVolume, nextImageName, pathOf, usableStorage, volidOf } from '../../volume/volumes.ts'
import { type Log, logFormatting, logTransfer } from './create-disks.ts'

export type CopyTarget = {
  readonly vmid: number
  readonly storage: string
  readonly format: string | undefined
  /** The node the source is looked for on, and the copy is put on. */
  readonly node: string
  readonly cloudinit?: boolean
}

/** A copy's format: the one asked for, else the source's where the storage has it, else the storage's own. */
const formatOn = (world: World, storage: string, wanted: string | undefined, source: Volume): string => {
  const kind = backend(world, storage)
  if (wanted !== undefined && kind.copyFormats.includes(wanted)) return wanted
  if (wanted === undefined && kind.copyFormats.includes(source.format)) return source.format
  return kind.defaultFormat
}

/** Copies a whole volume for a guest and says so in the log. PVE source: clone_disk. */
export const copyVolume = (call: Call, key: string, volid: string, target: CopyTarget, log: Log): Volume => {
  const { world } = call
  const source = findVolume(world, volid, target.node) ?? raise(`volume '${volid}' does not exist`)
  usableStorage(world, target.storage, target.node)
  const format = formatOn(world, target.storage, target.format, source)
  log(`create full clone of drive ${key} (${volid})`)
  if (target.format !== undefined && target.format !== format)
    log(
      `format '${target.format}' is not supported by the target storage '${target.storage}' - using '${format}' instead`,
    )
  const volume = allocate(world, target.node, {
    storage: target.storage,
    vmid: target.vmid,
    format,
    size: source.size,
    used: Math.min(source.used, source.size),
    token: source.token,
    ...(target.cloudinit ? { image: `vm-${target.vmid}-cloudinit` } : {}),
  })
  logFormatting(call, volume, log)
  log(`allocated target volume '${volidOf(volume)}'`)
  if (!target.cloudinit) logTransfer(source.size, log)
  return volume
}

/** Makes a linked clone of a base volume. */
export const linkVolume = (call: Call, key: string, volid: string, vmid: number, node: string, log: Log): Volume => {
  const { world } = call
  const base = findVolume(world, volid, node) ?? raise(`volume '${volid}' does not exist`)
  log(`create linked clone of drive ${key} (${volid})`)
  const image = nextImageName(world, base.storage, node, vmid)
  const { fileBased: files, clonesHang } = backend(world, base.storage)
  const format = files && clonesHang ? 'qcow2' : base.format
  const file = files ? `${image}.${format}` : image
  log(`clone ${base.name}: images, ${file}, ${vmid} to ${file} (base=${files ? `../${base.name}` : base.name})`)
  const volume = allocate(world, node, {
    storage: base.storage,
    vmid,
    format,
    size: base.size,
    token: base.token,
    image,
    ...(clonesHang ? { parent: base.name } : {}),
  })
  if (files && clonesHang)
    log(
      `Formatting '${pathOf(world, volume.storage, volume.name)}', fmt=qcow2 cluster_size=131072 extended_l2=on preallocation=metadata compression_type=zlib size=${volume.size} backing_file=../${base.name} backing_fmt=${base.format} lazy_refcounts=off refcount_bits=16`,
    )
  return volume
}

/** Whether a linked clone can be made of the volume, or of its snapshot: base volumes always, others where the storage can. */
export const canLink = (world: World, volid: string, node: string, snapshot: string | undefined): boolean => {
  const volume = findVolume(world, volid, node)
  if (volume === undefined) return false
  const kind = backend(world, volume.storage)
  if (!kind.linkedFormats.includes(volume.format)) return false
  return (
    /(?:^|\/)base-[^/]*$/.test(volume.name) || kind.clonesOf.includes(snapshot === undefined ? 'current' : 'snapshot')
  )
}
