// Makes schemas/pve/ from a dump of a PVE server's API description and from measurements of what a running guest takes live.
//   node scripts/pve-facts.mjs FOLDER     with api.json, live-vs-pending-qemu.json and live-vs-pending-lxc.json in it
// Written sorted, one API method or parameter a line, so that a new PVE release shows as a small diff.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const from = process.argv[2]
if (!from) {
  console.error('usage: node scripts/pve-facts.mjs FOLDER')
  process.exit(64)
}
const out = join(dirname(dirname(fileURLToPath(import.meta.url))), 'schemas', 'pve')
const read = (name) => JSON.parse(readFileSync(join(from, name), 'utf8'))
mkdirSync(out, { recursive: true })

const sorted = (x) =>
  Array.isArray(x)
    ? x.map(sorted)
    : x && typeof x === 'object'
      ? Object.fromEntries(
          Object.keys(x)
            .sort()
            .map((key) => [key, sorted(x[key])]),
        )
      : x
const lines = (table) =>
  `{\n${Object.keys(table)
    .sort()
    .map((key) => `  ${JSON.stringify(key)}: ${JSON.stringify(sorted(table[key]))}`)
    .join(',\n')}\n}\n`

const api = read('api.json')
const methods = {}
for (const [path, byMethod] of Object.entries(api)) {
  for (const [method, facts] of Object.entries(byMethod)) methods[`${method} ${path}`] = facts
}
writeFileSync(join(out, 'api.json'), lines(methods))

// What a guest's configuration knows: every parameter of create and of update, with where it may be used and how a
// running guest takes it.
const TRANSPORT = new Set(['node', 'vmid', 'digest', 'delete', 'revert', 'force', 'skiplock', 'background_delay'])
// Rows that were refused, or that deleted what was not there, measured nothing. Where one value was taken live and another
// stayed pending, the slower answer stands. A set property string is compared with the one before, so that what was measured for
// `scsi0: …,discard=on` is known for `discard`.
const EFFECTS = { 'live/config': 'live', 'pending(reboot)': 'reboot' }
const slower = (a, b) => (a === 'reboot' || b === 'reboot' ? 'reboot' : 'live')
const keysOf = (text) =>
  Object.fromEntries(
    String(text)
      .split(',')
      .slice(1)
      .map((part) => part.split('=', 2)),
  )
const effectOf = (rows) => {
  const effects = {}
  for (const { option, op, effect, before, sent } of rows) {
    const known = EFFECTS[effect]
    if (!known || (op === 'delete' && before === null)) continue
    effects[option] ??= {}
    const entry = effects[option]
    if (op === 'delete' || before === null || !String(sent).includes(',')) {
      entry[op] = entry[op] ? slower(entry[op], known) : known
      continue
    }
    const [was, is] = [keysOf(before.value), keysOf(sent)]
    const changed = Object.keys({ ...was, ...is }).filter((key) => key !== 'size' && was[key] !== is[key])
    entry.properties ??= {}
    for (const key of changed) entry.properties[key] = slower(known, entry.properties[key] ?? 'live')
  }
  return effects
}
for (const [kind, type] of [
  ['vm', 'qemu'],
  ['container', 'lxc'],
]) {
  const create = api[`/nodes/{node}/${type}`].POST.parameters.properties
  const update = api[`/nodes/{node}/${type}/{vmid}/config`].PUT.parameters.properties
  const clone = api[`/nodes/{node}/${type}/{vmid}/clone`].POST.parameters.properties
  const measured = effectOf(read(`live-vs-pending-${type}.json`))
  const parameters = {}
  for (const name of new Set([...Object.keys(create), ...Object.keys(update)])) {
    if (TRANSPORT.has(name)) continue
    const on = ['create', 'update'].filter((use) => name in (use === 'create' ? create : update))
    parameters[name] = { ...(create[name] ?? {}), ...(update[name] ?? {}), on }
  }
  writeFileSync(
    join(out, `${kind}.json`),
    `{\n"parameters": ${lines(parameters)},\n"clone": ${lines(clone)},\n"running": ${lines(measured)}}\n`,
  )
}
