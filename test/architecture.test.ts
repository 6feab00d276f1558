import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const root = process.cwd()
const RANKS: readonly (readonly string[])[] = [
  ['util'],
  ['diagnostic', 'io'],
  ['resource'],
  ['kinds'],
  ['plan', 'declaration', 'proxmox', 'simulator'],
  ['sync', 'apply'],
  ['store', 'render', 'export', 'project'],
  ['cli', 'console'],
  ['main.ts'],
]
/** The rooms of a folder, and the files that lie beside them, from lowest to highest; types may be known upwards. */
const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  plan: [
    ['plan.ts', 'guards.ts', 'plan-options.ts', 'planning-context.ts', 'plan-summary.ts', 'planned-kind.ts'],
    ['order'],
    ['state'],
    ['binding'],
    ['check'],
    ['step'],
    ['pool'],
    ['guest'],
    ['planned-kinds.ts'],
    ['missing-rights.ts', 'root-only-settings.ts', 'plan-changes.ts'],
  ],
  apply: [
    ['journal.ts', 'apply-event.ts', 'apply-dependencies.ts', 'count-steps.ts'],
    ['observe'],
    ['effect'],
    ['request'],
    ['measure', 'revert'],
    ['run'],
    ['undo'],
    ['apply-plan.ts'],
    ['recover'],
  ],
  cli: [['exit-code.ts'], ['program'], ['session'], ['run'], ['import', 'inventory'], ['demo'], ['commands']],
}
const MOST_FILES = 20
const rankOf = new Map(RANKS.flatMap((folders, rank) => folders.map((folder) => [folder, rank] as const)))

const filesBelow = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .sort()

const sources = filesBelow('src', /\.tsx?$/)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

/** Relative imports, static and dynamic, as paths from the root. */
const importsIn = (file: string, text: string): readonly string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, resolve(root, dirname(file), path)).replaceAll('\\', '/'),
  )
const importsOf = (file: string): readonly string[] => importsIn(file, textOf(file))
/** Types are gone when the code runs; two files may know each other's. */
const runningImportsOf = (file: string): readonly string[] =>
  importsIn(file, textOf(file).replace(/^import type [^']*'[^']*'/gm, '')).filter((path) => path.startsWith('src/'))
const folderOf = (file: string): string => file.split('/')[1] ?? ''

test('a folder imports only folders of lower rank', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((path) => path.startsWith('src/') && folderOf(path) !== folderOf(file))
      .filter((path) => (rankOf.get(folderOf(path)) ?? 99) >= (rankOf.get(folderOf(file)) ?? -1))
      .map((path) => `${file} imports ${path}`),
  )
  assert.equal(wrong, [])
})

test('a room imports only rooms of lower rank in its folder', () => {
  const room = (file: string) => file.split('/')[2] ?? ''
  const wrong = Object.entries(ROOMS).flatMap(([folder, ranks]) => {
    const rankOfRoom = new Map(ranks.flatMap((rooms, rank) => rooms.map((name) => [name, rank] as const)))
    return sources
      .filter((file) => folderOf(file) === folder && !file.endsWith('command-loaders.ts'))
      .flatMap((file) =>
        runningImportsOf(file)
          .filter((path) => folderOf(path) === folder && room(path) !== room(file))
          .filter((path) => (rankOfRoom.get(room(path)) ?? 99) >= (rankOfRoom.get(room(file)) ?? -1))
          .map((path) => `${file} imports ${path}`),
      )
  })
  assert.equal(wrong, [])
})

test('no folder holds more files than one can take in', () => {
  const count = new Map<string, number>()
  for (const file of sources) count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1)
  const full = [...count].filter(([, files]) => files > MOST_FILES).map(([folder, files]) => `${folder}: ${files}`)
  assert.equal(full, [])
})

test('every folder under src has a rank', () => {
  assert.equal(
    sources.map(folderOf).filter((folder) => !rankOf.has(folder)),
    [],
  )
})

test('the simulator imports none of the client', () => {
  const allowed = new Set(['simulator', 'util', 'io'])
  const wrong = sources
    .filter((file) => folderOf(file) === 'simulator')
    .flatMap((file) => importsOf(file).filter((path) => path.startsWith('src/') && !allowed.has(folderOf(path))))
  assert.equal(wrong, [])
})

test('no import goes in a circle, not through types either', () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file).filter((path) => path.startsWith('src/'))]))
  const state = new Map<string, 'open' | 'closed'>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'closed') return
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'closed')
  }
  for (const file of sources) visit(file, [])
  assert.equal(circles, [])
})

test('nothing is typed any, and types are not forced through any', () => {
  const wrong = sources.filter((file) =>
    /(?::|as|<)\s*any\b(?!\s*(?:of|other))/.test(
      textOf(file)
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
        .replace(/'[^'\n]*'|`[^`]*`/g, "''"),
    ),
  )
  assert.equal(wrong, [])
})

/** A comparison of what sort of guest something is, in either direction, or a case of a switch. */
const GUEST_TYPE = /'(?:vm|container|qemu|lxc)'/.source
const ON_GUEST_TYPE = new RegExp(`[=!]==?\\s*${GUEST_TYPE}|${GUEST_TYPE}\\s*[=!]==?|\\bcase\\s+${GUEST_TYPE}`)

test('what sets VMs and containers apart is asked of their kinds, not of their type', () => {
  const free = new Set(['kinds', 'simulator'])
  const wrong = sources
    .filter((file) => !free.has(folderOf(file)))
    .flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line) => (ON_GUEST_TYPE.test(line) ? [`${file}: ${line.trim()}`] : [])),
    )
  assert.equal(wrong, [])
})

test('in plan/ only the rooms of kinds and their registry know a kind by name', () => {
  const wrong = sources
    .filter((file) => file.startsWith('src/plan/') && !/^src\/plan\/(?:pool\/|planned-kinds\.ts$)/.test(file))
    .filter((file) => /kind [=!]== 'pool'|\bcase 'pool'|\b(?:Desired|Applied)Pool\b|poolPlanning/.test(textOf(file)))
  assert.equal(wrong, [])
})

test('process is touched only at the edge', () => {
  const edge = new Set(['src/main.ts', 'src/io/node-io.ts'])
  const wrong = sources.filter(
    (file) =>
      !edge.has(file) && /\bprocess\.|from 'node:process'/.test(textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
  )
  assert.equal(wrong, [])
})

/** The parameters of each exported function, one text each. */
const parametersIn = (text: string): readonly (readonly [name: string, parameter: string])[] =>
  [...text.matchAll(/^export (?:const|function) (\w+)(?: = )?(?:async )?(?:<[^(]*>)?\(/gm)].flatMap((match) => {
    const [all, name = ''] = match
    const parameters = ['']
    let depth = 1
    for (const letter of text.slice(match.index + all.length)) {
      if ('([{'.includes(letter)) depth++
      else if (')]}'.includes(letter)) depth--
      if (depth === 0) break
      if (letter === ',' && depth === 1) parameters.push('')
      else parameters.push(`${parameters.pop()}${letter}`)
    }
    return parameters.map((parameter) => [name, parameter.trim()] as const)
  })

test('no exported function takes a bare boolean, which says nothing where it is called', () => {
  const isFlag = (parameter: string) => /^\w+(?:\?: boolean|: boolean(?: = \w+)?| = (?:true|false))$/.test(parameter)
  const flagsIn = (text: string) => parametersIn(text).filter(([, parameter]) => isFlag(parameter))
  assert.equal(flagsIn('export const review = async (view: View, asks: boolean): Promise<void> => {\n'), [
    ['review', 'asks: boolean'],
  ])
  assert.equal(
    flagsIn('export const drop = ({ now }: { readonly now: boolean }, isDone: (a: boolean) => boolean) =>'),
    [],
  )
  const wrong = sources.flatMap((file) =>
    flagsIn(textOf(file)).map(([name, parameter]) => `${file}: ${name}(${parameter})`),
  )
  // A value of the language is what this one makes.
  assert.equal(wrong, ['src/declaration/eval/value.ts: bool(value: boolean)'])
})

test('every test file runs its tests', () => {
  const silent = filesBelow('test', /\.test\.tsx?$/).filter((file) => !/\.run\(\)/.test(textOf(file)))
  assert.equal(silent, [])
})

test('no test carries out a plan without holding that nothing is lost', () => {
  // One has no cluster, one is held by the process that starts it, one runs no command that writes.
  const without = new Set(['test/apply/interruption.test.ts', 'test/apply/crash-child.ts', 'test/cli/trust.test.ts'])
  const wrong = filesBelow('test', /\.ts$/)
    .filter((file) => /^test\/(?:apply|cli|property|[^/]+\.ts$)/.test(file) && !without.has(file))
    .filter((file) => /\b(?:startSimulator|applyPlan|recoverRun|runProgram)\(/.test(textOf(file)))
    .filter((file) => !/\bguard(?:ed)?\b/.test(textOf(file)))
  assert.equal(wrong, [])
})

test('no test is skipped or singled out in the source', () => {
  const wrong = filesBelow('test', /\.test\.tsx?$/).filter((file) =>
    /\b(?:test|suite)\.(?:skip|only)\(/.test(textOf(file)),
  )
  assert.equal(wrong, [])
})

test('no module keeps state of its own', () => {
  const wrong = sources.filter((file) => /^(?:export )?let /m.test(textOf(file)))
  assert.equal(wrong, [])
})

test('no error is swallowed', () => {
  const wrong = sources.filter((file) => /catch\s*(?:\([^)]*\))?\s*\{\s*\}/.test(textOf(file)))
  assert.equal(wrong, [])
})

test('starting mpc --version loads no npm package', () => {
  const seen = new Set<string>()
  const packages: string[] = []
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, path = ''] of text.matchAll(
      /^(?:import|export)\s[^'"]*?from\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm,
    )) {
      if (path.startsWith('.')) visit(resolve(dirname(file), path))
      else if (path !== '' && !path.startsWith('node:')) packages.push(`${relative(root, file)}: ${path}`)
    }
    for (const [, path = ''] of text.matchAll(/^\/\/ (node_modules\/\S+)$/gm))
      packages.push(`${relative(root, file)}: ${path}`)
  }
  visit(join(root, 'dist', 'main.js'))
  assert.equal(packages, [])
  assert.ok(seen.size >= 1)
})

test.run()
