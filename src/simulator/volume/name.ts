import { raise } from '../api/error.ts'
import { splitVolid } from '../schema/formats.ts'
import type { World } from '../state/world.ts'
import { backend, storageOf } from './volumes.ts'

/** What a volume's name tells without looking at the storage. PVE source: the plugins' `parse_volname`. */
export type VolumeName = {
  readonly storage: string
  readonly type: 'images' | 'iso' | 'vztmpl' | 'backup' | 'snippets' | 'import'
  /** The last part of the name. */
  readonly file: string
  readonly owner: number | undefined
  readonly format: string
  readonly isBase: boolean
}

const other = /^(iso|vztmpl|backup|snippets|import)\/([^/]+)$/

const endings: readonly (readonly [RegExp, string])[] = [
  [/\.tar\.zst$|\.tzst$/, 'tzst'],
  [/\.tar\.gz$|\.tgz$/, 'tgz'],
  [/\.tar\.xz$|\.txz$/, 'txz'],
  [/\.tar$/, 'tar'],
]

const formatOfFile = (type: string, file: string): string => {
  if (type === 'iso') return 'iso'
  if (type === 'snippets') return 'snippet'
  if (type === 'vztmpl') return endings.find(([ending]) => ending.test(file))?.[1] ?? 'raw'
  if (type === 'backup') return /\.(tar(?:\.\w+)?|tgz|vma(?:\.\w+)?)$/.exec(file)?.[1] ?? 'raw'
  return /\.(raw|qcow2|vmdk|ova|ovf)$/.exec(file)?.[1] ?? 'raw'
}

/** Reads a volume id; ends the request as PVE does for an unknown storage or a name the storage cannot have. */
export const parseVolname = (world: World, volid: string): VolumeName => {
  const parts = splitVolid(volid) ?? raise(`unable to parse volume ID '${volid}'`)
  const storage = storageOf(world, parts.storage)
  const special = other.exec(parts.name)
  if (special) {
    const type = special[1] as VolumeName['type']
    const file = special[2] as string
    const owner = type === 'backup' ? /^vzdump-(?:qemu|lxc|openvz)-(\d+)-/.exec(file)?.[1] : undefined
    return {
      storage: parts.storage,
      type,
      file,
      owner: owner === undefined ? undefined : Number(owner),
      format: formatOfFile(type, file),
      isBase: false,
    }
  }
  const file = parts.name.split('/').at(-1) as string
  if (backend(world, parts.storage).fileBased) {
    const image = /^(?:\d+\/[^/]+\/)?(\d+)\/([^/]+?)(?:\.(raw|qcow2|vmdk|subvol))?$/.exec(parts.name)
    if (!image)
      return raise(`unable to parse ${storage.type === 'btrfs' ? 'btrfs' : 'directory'} volume name '${parts.name}'`)
    if (image[3] === undefined) return raise(`unable to parse volume filename '${file}'`)
    return {
      storage: parts.storage,
      type: 'images',
      file,
      owner: Number(image[1]),
      format: image[3],
      isBase: file.startsWith('base-'),
    }
  }
  const image = /^(vm|base|subvol|basevol)-(\d+)-\S+$/.exec(file)
  if (!image) return raise(`unable to parse ${storage.type} volume name '${parts.name}'`)
  return {
    storage: parts.storage,
    type: 'images',
    file,
    owner: Number(image[2]),
    format: /^(subvol|basevol)/.test(file) ? 'subvol' : 'raw',
    isBase: file.startsWith('base'),
  }
}
