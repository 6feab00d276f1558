import { createHash } from 'node:crypto'
import type { Call } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { uploadedBytes } from '../http/multipart.ts'
import { nodeSeconds, type World } from '../state/world.ts'
import type { Worker } from '../task/task.ts'
import { parseVolname } from '../volume/name.ts'
import { addVolume, contentOf, pathOf, poolOn, usableStorage } from '../volume/volumes.ts'
import { appliances } from './appliances.ts'

const endings: Readonly<Record<string, RegExp>> = {
  iso: /\.(?:iso|img)$/i,
  vztmpl: /\.tar(?:\.(?:gz|xz|zst|bz2))?$|\.tgz$/,
  import: /\.(?:ova|ovf|qcow2|raw|vmdk)$/,
}

/** Seconds of model time a download takes for each 100 MB. */
const secondsPerPart = 4

type Target = { readonly storage: string; readonly content: string; readonly file: string }

/** The file a download or upload is to become; ends the request where the storage cannot hold it. */
const targetOf = (call: Call): Target => {
  const storage = usableStorage(call.world, call.text('storage'), call.node().name)
  const content = call.text('content')
  if (storage.options['path'] === undefined)
    raise(`can't upload to storage type '${storage.type}', not a file based storage!`)
  if (!contentOf(storage).includes(content))
    raise(`storage '${storage.id}' is not configured for content-type '${content}'`)
  const file = call
    .text('filename')
    .replace(/^.*[/\\]/, '')
    .replace(/[^-a-zA-Z0-9_.]/g, '_')
  if (!endings[content]?.test(file)) raiseParam({ filename: 'wrong file extension' })
  return { storage: storage.id, content, file }
}

/** Puts a file on a storage, in place of one of that name. */
const putFile = (world: World, node: string, target: Target, size: number): void => {
  const name = `${target.content}/${target.file}`
  poolOn(world, target.storage, node).volumes.delete(name)
  addVolume(world, node, {
    storage: target.storage,
    name,
    content: target.content,
    format: parseVolname(world, `${target.storage}:${name}`).format,
    size,
    used: size,
    vmid: undefined,
    ctime: nodeSeconds(world, node),
    parent: undefined,
    snapshots: new Map(),
  })
}

/** What a file of the web weighs here: between 50 and 850 MB, always the same for an address. */
const sizeOfUrl = (url: string): number =>
  50_000_000 + (createHash('sha1').update(url).digest().readUInt32BE(0) % 800) * 1_000_000

/** Whether the simulated network reaches an address: web ports answer, others refuse. */
const checkReachable = (url: string): void => {
  const { hostname, port } = new URL(url)
  if (port !== '' && Number(port) < 80)
    raise(`download failed: Connecting to ${hostname}:${port}... failed: Connection refused.`)
}

const fetchFile = async (world: World, node: string, url: string, target: Target, worker: Worker): Promise<void> => {
  worker.log(`downloading ${url} to ${pathOf(world, target.storage, `${target.content}/${target.file}`)}`)
  checkReachable(url)
  const size = sizeOfUrl(url)
  await worker.work((size / 1e8) * secondsPerPart)
  putFile(world, node, target, size)
  worker.log('download finished')
}

/** POST download-url: the file appears on the storage when the task has ended. */
export const downloadUrl = (call: Call): unknown => {
  const target = targetOf(call)
  const url = call.text('url')
  const node = call.node().name
  return call.task('download', target.file, (worker) => fetchFile(call.world, node, url, target, worker))
}

const mimeTypes: readonly (readonly [RegExp, string])[] = [
  [/\.iso$/i, 'application/x-iso9660-image'],
  [/\.xz$/i, 'application/x-xz'],
  [/\.(?:gz|tgz)$/i, 'application/gzip'],
  [/\.zst$/i, 'application/zstd'],
]

/** GET query-url-metadata: what a download of that address would be. */
export const queryUrl = (call: Call): unknown => {
  const url = call.text('url')
  checkReachable(url)
  const filename = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
  const mimetype = mimeTypes.find(([ending]) => ending.test(filename))?.[1] ?? 'application/octet-stream'
  return { size: sizeOfUrl(url), ...(filename === '' ? {} : { filename }), mimetype }
}

/** GET aplinfo: the templates that can be downloaded. */
export const listAppliances = (call: Call): unknown => appliances(call.node())

/** POST aplinfo: downloads a template of that list. */
export const downloadAppliance = (call: Call): unknown => {
  const node = call.node()
  const file = call.text('template')
  const found = appliances(node).find((one) => one['template'] === file)
  if (found === undefined) raiseParam({ template: 'no such template' })
  const storage = usableStorage(call.world, call.text('storage'), node.name)
  if (!contentOf(storage).includes('vztmpl'))
    raise(`cannot download to storage '${storage.id}': it does not hold container templates`)
  const target = { storage: storage.id, content: 'vztmpl', file }
  const url = String(found?.['location'])
  return call.task('download', file, (worker) => fetchFile(call.world, node.name, url, target, worker))
}

/** POST upload: the file has come with the request; a task moves it into place. */
export const upload = (call: Call): unknown => {
  const target = targetOf(call)
  const node = call.node().name
  const size = uploadedBytes(call.text('tmpfilename')) ?? raise('missing temporary file name')
  return call.task('imgcopy', '', async (worker) => {
    worker.log(`target node: ${node}`)
    worker.log(`target file: ${pathOf(call.world, target.storage, `${target.content}/${target.file}`)}`)
    worker.log(`file size is: ${(size / 2 ** 20).toFixed(2)} MiB`)
    await worker.work(0.1 + size / 1e9)
    putFile(call.world, node, target, size)
    worker.log('finished file import successfully')
  })
}
