import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { equal, is, ok } from 'uvu/assert'
import { functionTable } from '../src/declaration/functions/function-table.ts'
import { lookupsOf } from '../src/declaration/lookups-of.ts'
import { parseVmid, type Vmid } from '../src/resource/guest.ts'
import type { Observed } from '../src/resource/observed.ts'
import { load } from './declaration/load.ts'

const GUIDE = join('docs', 'language.md')
const guide = (): string => readFileSync(GUIDE, 'utf8')

/** Pages below a folder. */
const pagesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file))

const OBSERVED: Observed = {
  cluster: { name: 'docs', version: '9.2.11' },
  nodes: [{ node: 'pve1', status: 'online' }],
  storages: [],
  guests: [
    {
      type: 'qemu',
      vmid: parseVmid(9000) as Vmid,
      node: 'pve1',
      name: 'debian-12-20260101',
      status: 'stopped',
      template: true,
      current: { name: 'debian-12-20260101', template: '1' },
      pending: {},
      digest: '',
    },
  ],
  pools: [],
}

/** The folder the guide's example of a module calls. */
const MODULE = 'variable "colour" {\n  type = string\n}\noutput "address" {\n  value = "10.0.0.1"\n}\n'

const fences = (text: string): readonly { readonly language: string; readonly code: string }[] =>
  Array.from(text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm), ([, language = '', code = '']) => ({ language, code }))

for (const [index, { language, code }] of fences(guide()).entries()) {
  if (language !== 'hcl' && language !== 'yaml') continue
  test(`example ${index + 1} of the language guide (${code.split('\n')[0]}) is a valid declaration`, async () => {
    const { value, diagnostics } = await load(
      { [`main.mpc.${language}`]: code, 'modules/web/main.mpc.hcl': MODULE },
      { lookups: lookupsOf(OBSERVED) },
    )
    equal(diagnostics, [])
    is(value?.sources.has(`main.mpc.${language}`), true)
  })
}

test('the language guide lists every function there is', () => {
  const table = functionTable({
    read: () => undefined,
    list: () => undefined,
    library: () => undefined,
    parseTemplate: () => {
      throw new Error('nothing is parsed here')
    },
    now: undefined,
    home: undefined,
    workspace: '/',
  })
  const names = [...table.names()].sort().map((name) => `\`${name}\``)
  const now = guide().replace(
    /(<!-- functions:start -->\n)[\s\S]*?(<!-- functions:end -->)/,
    (_all, start: string, end: string) => `${start}${names.join(' ')}\n${end}`,
  )
  if (process.env['UPDATE'] === '1') writeFileSync(GUIDE, now)
  is(guide(), now, 'the list is out of date; UPDATE=1 rewrites it')
})

test('every link to a file in the documentation leads somewhere', () => {
  for (const page of [
    'README.md',
    join('src', 'README.md'),
    ...readdirSync('docs').map((name) => join('docs', name)),
  ]) {
    for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[\w-]*)?\)/g)) {
      if (target.startsWith('http')) continue
      const place = join(page, '..', target)
      ok(readdirSync(join(place, '..')).includes(place.split('/').at(-1) ?? ''), `${page}: ${target}`)
    }
  }
})

const PAGES = ['README.md', 'CHANGELOG.md', ...['docs', 'src', 'schemas', 'examples'].flatMap(pagesBelow)]

test('every link to a file leads to one, and every path of the source that the guides for developers name is there', () => {
  ok(PAGES.length > 10)
  const broken = PAGES.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, path = '']) => join(dirname(page), path))
      .filter((path) => !existsSync(path))
      .map((path) => `${page}: ${path}`),
  )
  equal(broken, [])
  const named = ['src/README.md', 'src/EXTENDING.md', 'src/FORMATS.md'].flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/`([a-z-]+(?:\/[a-z-]+)*\/(?:[a-z-]+\.tsx?)?)`/g)].map(
      ([, path = '']) => `${page}: ${path}`,
    ),
  )
  ok(named.length > 20)
  equal(
    named.filter((name) => {
      const path = name.slice(name.indexOf(' ') + 1)
      return !existsSync(join('src', path)) && !existsSync(path)
    }),
    [],
  )
})

test.run()
