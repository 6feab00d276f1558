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
const effectOf = (rows) => {
  const effects = {}
  for (const { option, op, effect } of rows) {
    effects[option] = { [op]: effect, ...effects[option] }
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
