import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from './published.ts'
import { whileSimulating } from './simulate.ts'

const ROOT = process.cwd()
/** What is installed beside the package: its dependencies and what they need to run. */
const BESIDE = ['better-sqlite3', 'bindings', 'file-uri-to-path', 'hcl2-parser']
const MOST_BYTES = 2_500_000

const folder = mkdtempSync(join(tmpdir(), 'mpc-package-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

const execute = (command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) => {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', npm_config_update_notifier: 'false', ...env },
  })
  return { code: status, stdout, stderr, all: `${stdout}${stderr}` }
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

/** Packs a copy that holds what Git would, and the bundle; the checkout is not touched. */
const pack = (): Packed => {
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    '.npmrc',
    'dist',
    'schemas',
    'examples',
    'src',
    'test',
    'scripts',
  ])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  const result = execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], copy)
  assert.is(result.code, 0, result.all)
  const [packed] = JSON.parse(result.stdout) as readonly Packed[]
  assert.ok(packed)
  return packed
}

const packed = pack()
const install = join(folder, 'installed', 'node_modules')
const main = join(install, 'proxmox-mpc', 'dist', 'main.js')
mkdirSync(install, { recursive: true })
assert.is(execute('tar', ['-xzf', join(folder, packed.filename), '-C', install], folder).code, 0)
cpSync(join(install, 'package'), join(install, 'proxmox-mpc'), { recursive: true })
rmSync(join(install, 'package'), { recursive: true })

const place = join(folder, 'place')
mkdirSync(place)
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execute(process.execPath, [main, ...args], place, env)

test('the package holds what runs and what explains it, and nothing else', () => {
  const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]))
  assert.equal([...tops].sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'examples',
    'package.json',
    'schemas',
  ])
  assert.equal(
    packed.files.filter(({ path }) => path.startsWith('dist/') && !/\.(?:js|wasm)$/.test(path)).map(({ path }) => path),
    [],
  )
  assert.ok(packed.size < MOST_BYTES, `${packed.size} bytes`)
})

test('the command is there, may be executed, and says by its first line what runs it', () => {
  const { bin, files } = JSON.parse(readFileSync(join(install, 'proxmox-mpc', 'package.json'), 'utf8'))
  assert.equal(files.includes('dist'), true)
  assert.is(join(install, 'proxmox-mpc', bin.mpc), main)
  assert.is(statSync(main).mode & 0o111, 0o111)
  assert.match(readFileSync(main, 'utf8'), /^#!\/usr\/bin\/env node\n/)
})

test('everything the bundle imports is in the package, in Node, or a declared dependency', () => {
  const { dependencies } = JSON.parse(readFileSync(join(install, 'proxmox-mpc', 'package.json'), 'utf8'))
  const dist = dirname(main)
  const foreign = readdirSync(dist)
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) =>
      [...readFileSync(join(dist, file), 'utf8').matchAll(/^(?:import|export)\b[^"'\n;]*["']([^"'\n]+)["'];?$/gm)].map(
        ([, path = '']) => ({ file, path }),
      ),
    )
    .filter(({ path }) => !path.startsWith('./') && !path.startsWith('node:'))
  assert.equal(
    foreign.filter(({ path }) => !(path in dependencies) && !isBuiltin(path)),
    [],
  )
})

test('without its driver the package says what is missing and how to get it', async () => {
  mkdirSync(join(place, '.proxmox'))
  writeFileSync(join(place, '.proxmox', 'config.yml'), 'endpoint: https://127.0.0.1:1\n')
  const { code, stdout } = run(['plan', '--json'])
  assert.is(code, 1)
  assert.equal(
    linesOf(stdout).map((line) => line['code']),
    ['store.driver-missing'],
  )
  rmSync(join(place, '.proxmox'), { recursive: true })
})

test('installed, it runs: version, schema, simulator, init, sync, validate, plan, apply, export', async () => {
  for (const name of BESIDE) symlinkSync(join(ROOT, 'node_modules', name), join(install, name))
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.is(run(['--version']).stdout, `${version}\n`)
  const works = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string => {
    const { code, stdout, all } = run(args, env)
    assert.is(code, 0, `mpc ${args.join(' ')}\n${all}`)
    return stdout
  }
  const code = await whileSimulating(main, { cwd: place }, async ({ url, token, fingerprint }) => {
    const env = { PROXMOX_VE_API_TOKEN: String(token) }
    works(['init', '--endpoint', String(url), '--fingerprint', String(fingerprint)], env)
    works(['sync'], env)
    const examples = join(install, 'proxmox-mpc', 'examples')
    cpSync(join(examples, 'homelab', 'homelab.mpc.hcl'), join(place, 'homelab.mpc.hcl'))
    works(['validate'])
    works(['fmt', '--check'])
    const hcl = JSON.parse(works(['plan', '--json'], env))
    rmSync(join(place, 'homelab.mpc.hcl'))
    cpSync(join(examples, 'homelab-yaml', 'homelab.mpc.yaml'), join(place, 'homelab.mpc.yaml'))
    const yaml = JSON.parse(works(['plan', '--json'], env))
    assert.is(yaml.fingerprint, hcl.fingerprint)
    works(['apply', '--auto-approve'], env)
    for (const format of ['terraform', 'ansible']) works(['export', '--format', format], env)
    works(['eval', 'cidrhost("10.0.0.0/8", 5)'])
    works(['graph'])
    works(['history'])
    works(['completion', 'bash'])
  })
  assert.is(code, 0)
})

test.run()
