// Turns recorded conversations with a PVE server (JSON Lines, one exchange a line) into the fixtures that the simulator is
// replayed against: fixtures/pve/conversations/<name>.jsonl.
//   node scripts/pve-conversations.mjs FOLDER-OF-RECORDINGS [FOLDER-OF-FIXTURES]
//
// A fixture's first line says what the conversation is: { name, theme, about, needs }. Every other line is one exchange, with
// everything left out that is as usual:
//   n        number of the exchange
//   do       "METHOD /path"; {{N:path}} stands for a value out of the answer of exchange N, {{%N:path}} for the same URL-encoded,
//            {{N:path#mac}} and {{N:path#volid}} for that part of the value; the same marks stand in `with`
//   with     parameters (query for GET and DELETE, form for POST and PUT; json: true = JSON body)
//   as       who asks; left out for root's own token
//   wait     seconds to let pass before asking
//   group    exchanges of one group are sent at the same moment
//   says     [status, reason], left out for 200 OK
//   data     the answer's data, left out for null; '*' where a value is a time, a counter or a digest
//   errors, message, more   the other keys of the answer; `message` only where it is not the reason phrase and a newline
//   empty    true: the answer had no body
//   part     true: the recorded answer holds only some entries of the list
//   ticket   true: the answer is a ticket, not compared
//   task     exit status of the task that the answer started
//   shell    true: done on the node's command line, so that the rest cannot be replayed
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [from, to = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fixtures/pve/conversations')] =
  process.argv.slice(2)
if (from === undefined) {
  console.error('usage: node scripts/pve-conversations.mjs FOLDER-OF-RECORDINGS [FOLDER-OF-FIXTURES]')
  process.exit(64)
}

const USUAL = 'root@pam!tf'
const VOLATILE = new Set(
  `cpu mem memhost netin netout disk diskread diskwrite uptime pid nics maxmem maxdisk swap starttime endtime pstart start snaptime ctime
  used avail total used_fraction digest vmgenid freemem ballooninfo blockstat proxmox-support running-qemu running-machine last_update loadavg
  n seconds expire value-of-secret`.split(/\s+/),
)
const volatile = (key) => VOLATILE.has(key) || key.startsWith('pressure')
const PARTS = { mac: /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/i, volid: /[\w-]+:[^,\s]+/ }

const still = (value, key) => {
  if (key !== undefined && volatile(key)) return '*'
  if (typeof value === 'string')
    return value.replace(/UPID:([^:\s"]+):[0-9A-Fa-f]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+:/g, 'UPID:$1:*:*:*:')
  if (Array.isArray(value)) return value.map((entry) => still(entry))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, still(inner, name)]))
}

const pick = (body, path) =>
  path.split(/[.[\]]+/).reduce((value, key) => (key === '' || value == null ? value : value[key]), body)

/** A part of a path in which the mark stands for the value, however the value was encoded there. */
const marked = (part, value, mark) => {
  const plain = decodeURIComponent(part)
  if (!plain.includes(value)) return part
  return plain.split(value).map(encodeURIComponent).join(`{{%${mark}}}`)
}

const withMarks = (exchange, bodies) => {
  let path = exchange.path
  const params = { ...exchange.params }
  for (const [where, reference] of Object.entries(exchange.refs ?? {})) {
    const [, n, place, named] = /^(\d+):([^#]*)(?:#(\w+))?$/.exec(reference)
    const part = named ?? /#(\w+)$/.exec(where)?.[1]
    const whole = String(pick(bodies[n], place))
    const value = part === undefined ? whole : (PARTS[part].exec(whole)?.[0] ?? whole)
    const mark = `${n}:${place}${part === undefined ? '' : `#${part}`}`
    if (where.startsWith('path')) {
      path = path
        .split('/')
        .map((part) => marked(part, value, mark))
        .join('/')
    } else {
      const key = where.replace(/^params\./, '').replace(/#.*$/, '')
      params[key] = String(params[key]).includes(value)
        ? String(params[key]).replace(value, `{{${mark}}}`)
        : `{{${mark}}}`
    }
  }
  return { path, params }
}

const answer = ({ status, reason, body, path }) => {
  if (body === null || typeof body !== 'object') return { empty: true }
  const { data, errors, message, ...more } = body
  if (path === '/access/ticket' && data) return { ticket: true }
  return {
    ...(data === null || data === undefined ? {} : { data: still(data) }),
    ...(errors === undefined ? {} : { errors }),
    ...(message === undefined || message === `${reason}\n` || status === 200 ? {} : { message }),
    ...(Object.keys(more).length === 0 ? {} : { more: still(more) }),
  }
}

const exchangeLine = (exchange, bodies) => {
  if (exchange.method === 'CLI') return { n: exchange.n, do: exchange.path, shell: true }
  const { path, params } = withMarks(exchange, bodies)
  return {
    n: exchange.n,
    do: `${exchange.method} ${path}`,
    ...(Object.keys(params).length === 0 ? {} : { with: params }),
    ...(exchange.json_request ? { json: true } : {}),
    ...(exchange.as === USUAL ? {} : { as: exchange.as }),
    ...(exchange.waited ? { wait: exchange.waited } : {}),
    ...(exchange.parallel === undefined ? {} : { group: exchange.parallel }),
    ...(exchange.status === 200 && exchange.reason === 'OK' ? {} : { says: [exchange.status, exchange.reason] }),
    ...answer(exchange),
    ...((exchange.note ?? '').includes('body filtered') ? { part: true } : {}),
    ...(exchange.task ? { task: exchange.task.exitstatus } : {}),
  }
}

rmSync(to, { recursive: true, force: true })
mkdirSync(to, { recursive: true })
let exchanges = 0
const files = readdirSync(from)
  .filter((file) => file.endsWith('.jsonl'))
  .sort()
for (const file of files) {
  const lines = readFileSync(join(from, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const head = lines.find((line) => line.method === undefined) ?? {}
  const asked = lines.filter((line) => line.method !== undefined)
  const bodies = Object.fromEntries(asked.map((exchange) => [exchange.n, exchange.body]))
  const name = basename(file, '.jsonl')
  const out = [
    { name, theme: head.theme, about: head.about, needs: head.needs },
    ...asked.map((exchange) => exchangeLine(exchange, bodies)),
  ]
  writeFileSync(join(to, file), `${out.map((line) => JSON.stringify(line)).join('\n')}\n`)
  exchanges += asked.length
}
console.log(`${files.length} conversations, ${exchanges} exchanges`)
