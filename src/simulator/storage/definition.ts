import { createHash } from 'node:crypto'
import type { Call } from '../api/call.ts'
import { errorText, raise } from '../api/error.ts'
import { facts } from '../api/facts.ts'
import { splitList } from '../schema/check.ts'
import { parametersOf } from '../schema/verify.ts'
import type { StorageDefinition } from '../state/storage.ts'
import type { World } from '../state/world.ts'
import { isShared, storageOf } from '../volume/volumes.ts'

const required: Readonly<Record<string, readonly string[]>> = {
  dir: ['path'],
  btrfs: ['path'],
  nfs: ['server', 'export'],
  cifs: ['server', 'share'],
  lvm: ['vgname'],
  lvmthin: ['thinpool', 'vgname'],
  zfspool: ['pool'],
  iscsi: ['portal', 'target'],
  iscsidirect: ['portal', 'target'],
  zfs: ['blocksize', 'iscsiprovider', 'pool', 'portal', 'target'],
  pbs: ['datastore', 'server'],
  esxi: ['server', 'username'],
}

const defaultContent: Readonly<Record<string, string>> = {
  dir: 'images,rootdir',
  btrfs: 'images,rootdir',
  lvmthin: 'images,rootdir',
  zfspool: 'images,rootdir',
  cephfs: 'backup',
  pbs: 'backup',
  esxi: 'import',
}

/** Storage types whose path is a mount point PVE makes itself. */
const mounted = new Set(['nfs', 'cifs', 'cephfs', 'esxi'])
const notOptions = new Set(['storage', 'type', 'digest', 'delete', 'node'])

const schemas = facts['POST /storage'] === undefined ? {} : parametersOf(facts['POST /storage'])

const shownOption = (name: string, text: string): unknown => {
  if (name === 'content-dirs') return Object.fromEntries(text.split(',').map((pair) => pair.split('=')))
  const type = schemas[name]?.type
  return type === 'boolean' || type === 'integer' ? Number(text) : text
}

/** SHA-1 over all definitions: what changes whenever one does. */
const digestOf = (world: World): string => {
  const hash = createHash('sha1')
  for (const id of [...world.storages.keys()].sort()) {
    const { type, options } = storageOf(world, id)
    hash.update(`${type}: ${id}\n`)
    for (const key of Object.keys(options).sort()) hash.update(`\t${key} ${options[key]}\n`)
  }
  return hash.digest('hex')
}

const reversed = (list: string): string => list.split(',').reverse().join(',')

/** A definition as GET shows it. Lists come in no particular order, not even in the same one in different answers. */
const shown = (world: World, storage: StorageDefinition): Record<string, unknown> => ({
  storage: storage.id,
  type: storage.type,
  ...Object.fromEntries(Object.entries(storage.options).map(([name, text]) => [name, shownOption(name, text)])),
  ...(isShared(storage) ? { shared: 1 } : {}),
  digest: digestOf(world),
})

/** GET /storage: the definitions the caller may see. */
export const listDefinitions = (call: Call): unknown =>
  [...call.world.storages.values()]
    .filter((storage) => !call.has('type') || storage.type === call.text('type'))
    .filter((storage) => call.allowed(`/storage/${storage.id}`, ['Datastore.Audit', 'Datastore.AllocateSpace'], true))
    .map((storage) => shown(call.world, storage))

/** GET /storage/{storage}. */
export const readDefinition = (call: Call): unknown => {
  const storage = storageOf(call.world, call.text('storage'))
  const content = storage.options['content']
  return { ...shown(call.world, storage), ...(content === undefined ? {} : { content: reversed(content) }) }
}

const unique = (text: string): string => [...new Set(splitList(text))].join(',')

/** An option as it is written; nothing for one that an empty text takes away. */
const stored = (name: string, text: string): string | undefined => {
  if (name === 'content') return unique(text) || 'none'
  if (text === '' && /^(?:nodes|prune-backups|bwlimit)$/.test(name)) return undefined
  return name === 'nodes' ? unique(text) : name === 'master-pubkey' ? '1' : text
}

const given = (call: Call): Record<string, string> =>
  Object.fromEntries(Object.entries(call.params).filter(([name]) => !notOptions.has(name)))

/** Options as they are written, and the names of those that an empty text takes away. */
const written = (options: Readonly<Record<string, string>>): readonly [Record<string, string>, readonly string[]] => {
  const kept: Record<string, string> = {}
  const gone: string[] = []
  for (const [name, text] of Object.entries(visible(options))) {
    const value = stored(name, text)
    if (value === undefined) gone.push(name)
    else kept[name] = value
  }
  return [kept, gone]
}

/** What is in a key file is answered by its name only: for a master key there is nothing to tell. */
const answerOf = ({ id, type }: StorageDefinition, options: Readonly<Record<string, string>>): unknown => ({
  storage: id,
  type,
  ...(options['master-pubkey'] === undefined ? {} : { config: {} }),
})

/** What stands in front of a failure while the definitions are being changed. */
const changing = (what: string, work: () => void): void => {
  try {
    work()
  } catch (error) {
    raise(`${what} storage failed: ${errorText(error)}`)
  }
}

/** Passwords and keys are kept in files of their own: they never read back. */
const secret = new Set(['password', 'encryption-key', 'keyring'])

const visible = (options: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !secret.has(name)))

/** POST /storage. */
export const createDefinition = (call: Call): unknown => {
  const { world } = call
  const id = call.text('storage')
  const type = call.text('type')
  const options = given(call)
  for (const name of required[type] ?? [])
    if (options[name] === undefined) raise(`missing value for required option '${name}'`)
  changing('create', () => {
    if (world.storages.has(id)) raise(`storage ID '${id}' already defined`)
    const path = mounted.has(type) ? { path: `/mnt/pve/${id}` } : {}
    world.storages.set(id, {
      id,
      type,
      options: { content: defaultContent[type] ?? 'images', ...path, ...written(options)[0] },
    })
  })
  return answerOf(storageOf(world, id), options)
}

/** PUT /storage/{storage}. */
export const updateDefinition = (call: Call): unknown => {
  const { world } = call
  const id = call.text('storage')
  changing('update', () => {
    const storage = storageOf(world, id)
    if (call.has('digest') && call.text('digest') !== digestOf(world))
      raise('detected modified configuration - file changed by other user? Try again.')
    const options = given(call)
    for (const name of splitList(call.text('delete'))) {
      if ((required[storage.type] ?? []).includes(name)) raise(`unable to delete required option '${name}'`)
      if (options[name] !== undefined) raise(`duplicate option '${name}'`)
      if (schemas[name] === undefined) raise(`no such option '${name}'`)
      delete storage.options[name]
      if (name === 'content') storage.options['content'] = defaultContent[storage.type] ?? 'images'
    }
    const [kept, gone] = written(options)
    for (const name of gone) delete storage.options[name]
    Object.assign(storage.options, kept)
  })
  return answerOf(storageOf(world, id), given(call))
}

/** DELETE /storage/{storage}: what is on it stays where it is. */
export const deleteDefinition = (call: Call): unknown => {
  const { world } = call
  const id = call.text('storage')
  changing('delete', () => {
    storageOf(world, id)
    for (const other of world.storages.values())
      if (other.options['base']?.startsWith(`${id}:`))
        raise("can't remove storage - storage is used as base of another storage")
    world.storages.delete(id)
  })
  return null
}
