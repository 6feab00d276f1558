import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readyText } from '../src/cli/commands/simulate.ts'
import { type Simulator, startSimulator } from '../src/simulator/start.ts'
import { guarded, mpc } from './cli/mpc.ts'
import { callPve, pveumCallsIn } from './cli/pveum.ts'
import { contentGuard } from './nothing-lost.ts'

const README = join(process.cwd(), 'README.md')
const readme = () => readFileSync(README, 'utf8')

/** Replaces what stands between two markers; with UPDATE=1 in the file, otherwise only to compare. */
const holdSection = (name: string, text: string): void => {
  const pattern = new RegExp(`(<!-- ${name}:start -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`)
  const now = readme().replace(pattern, (_all, start: string, end: string) => `${start}${text}${end}`)
  if (process.env['UPDATE'] === '1') writeFileSync(README, now)
  assert.is(readme(), now, `README's ${name} is out of date; UPDATE=1 rewrites it`)
}

const scrub = (text: string, simulator: Simulator): string =>
  text
    .replaceAll(simulator.url, 'https://127.0.0.1:8006')
    .replaceAll(simulator.token, 'root@pam!mpc=…')
    .replaceAll(simulator.fingerprint, 'AB:CD:…')
    .replaceAll(/\d+(?:\.\d)? s\b/g, '0.1 s')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2026-11-21 12:00:00 UTC')
    .replaceAll(/[ \t]+$/gm, '')

/** Plans are named after their content, in which the made-up cluster's times stand: the README shows the same names every time. */
const PLAN_NAMES = ['p-7n4xk2c', 'p-q9w3mhz']
const namePlans = (text: string): string => {
  const ids = [...new Set(text.match(/\bp-[a-z0-9]{7}\b/g) ?? [])]
  return ids.reduce((all, id, index) => all.replaceAll(id, PLAN_NAMES[index] ?? id), text)
}

interface Scene {
  readonly say: string
  /** Shown after `$ `; `mpc …` is run, anything else is done by `act`. */
  readonly show?: string
  readonly act?: (folder: string) => void
  readonly code?: number
}

const TOUR: readonly Scene[] = [
  {
    say: 'It goes on running. In a second terminal, in an empty folder, paste the line with the token from above, and then the one with `mpc init`:',
    show: "export PROXMOX_VE_API_TOKEN='root@pam!mpc=…'",
    act: () => undefined,
  },
  { say: '', show: 'mpc init --endpoint https://127.0.0.1:8006 --fingerprint AB:CD:…' },
  { say: '', show: 'mpc sync' },
  {
    say: 'Declare something. [examples/homelab](examples/homelab/homelab.mpc.hcl) has two web servers made from a template, a container, and a database VM that exists already (the checkout is in `~/proxmox-mpc` here):',
    show: 'cp ~/proxmox-mpc/examples/homelab/homelab.mpc.hcl .',
    act: (folder) =>
      cpSync(join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl'), join(folder, 'homelab.mpc.hcl')),
  },
  { say: 'See what would happen. Nothing is changed on the server:', show: 'mpc plan' },
  {
    say: 'Carry it out (without `--auto-approve` it asks, and only `yes` is yes):',
    show: 'mpc apply --auto-approve --quiet',
  },
  { say: 'Plan again: nothing is left to do.', show: 'mpc plan' },
  { say: 'And take it all back:', show: 'mpc revert PLAN --auto-approve --quiet' },
  { say: '', show: 'mpc history' },
]

test('the tour in the README is what mpc really prints', async () => {
  const simulator = await startSimulator({ seed: 7, speed: Number.POSITIVE_INFINITY })
  const folder = mkdtempSync(join(tmpdir(), 'mpc-readme-'))
  const env = { PROXMOX_VE_API_TOKEN: simulator.token, COLUMNS: '120' }
  const guard = guarded(contentGuard(simulator))
  let plan = ''
  const ready = scrub(readyText(simulator), simulator)
  const blocks: string[] = [`\`\`\`console\n$ mpc simulate\n${ready}\`\`\`\n`]
  try {
    for (const { say, show = '', act, code = 0 } of TOUR) {
      const command = show.replace('PLAN', plan)
      const args = command
        .replace('https://127.0.0.1:8006', simulator.url)
        .replace('AB:CD:…', simulator.fingerprint)
        .split(' ')
        .slice(1)
      act?.(folder)
      const output = act
        ? ''
        : await guard(args, () => mpc(args, { cwd: folder, env, together: true })).then((result) => {
            assert.is(result.code, code, `${command}\n${result.all}`)
            return result.all
          })
      plan = /\bp-[a-z0-9]+/.exec(output)?.[0] ?? plan
      blocks.push(
        `${say === '' ? '' : `\n${say}\n`}\n\`\`\`console\n$ ${scrub(command, simulator)}\n${scrub(output, simulator)}\`\`\`\n`,
      )
    }
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  holdSection('tour', namePlans(blocks.join('')))
})

test('the commands in the README are those of --help', async () => {
  const { stdout } = await mpc(['--help'], { cwd: process.cwd(), env: { COLUMNS: '120' } })
  holdSection('help', `\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`)
})

test('every npm command and every file the README names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, name = ''] of readme().matchAll(/npm run ([a-z:-]+)/g)) assert.ok(scripts[name], `npm run ${name}`)
  assert.ok(scripts['test'])
  for (const [, path = ''] of readme().matchAll(/\]\((?!https?:)([^)#]+)\)/g))
    assert.ok(existsSync(join(process.cwd(), path)), path)
})

test('the role the README gives mpc is enough for a plan, an apply and a revert', async () => {
  const simulator = await startSimulator({ seed: 7, speed: Number.POSITIVE_INFINITY, http: true })
  const folder = mkdtempSync(join(tmpdir(), 'mpc-readme-'))
  try {
    const calls = pveumCallsIn(readme()).filter(({ path }) => path !== '/access/roles/MPC')
    assert.is(calls.length, 4)
    let secret = ''
    for (const call of calls) {
      const data = await callPve(simulator, call)
      secret = (data as { value?: string } | null)?.value ?? secret
    }
    const env = { PROXMOX_VE_API_TOKEN: `mpc@pve!plan=${secret}` }
    cpSync(join(process.cwd(), 'examples', 'homelab', 'homelab.mpc.hcl'), join(folder, 'homelab.mpc.hcl'))
    const guard = guarded(contentGuard(simulator))
    const run = (args: readonly string[]) => guard(args, () => mpc(args, { cwd: folder, env }))
    for (const line of ['init --endpoint URL', 'sync', 'apply --auto-approve --json']) {
      const result = await run(line.replace('URL', simulator.url).split(' '))
      assert.is(result.code, 0, `mpc ${line}\n${result.all}`)
      if (line.startsWith('apply')) {
        const id = JSON.parse(result.stdout.split('\n')[0] ?? '{}').id
        const revert = await run(['revert', id, '--auto-approve'])
        assert.is(revert.code, 0, revert.all)
      }
    }
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the demo runs to its end by itself and shows what the README says', async () => {
  const output = await new Promise<{ readonly code: number; readonly text: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), 'demo'], {
      env: { PATH: process.env['PATH'], HOME: tmpdir(), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk
      })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, text }))
  })
  assert.is(output.code, 0, output.text)
  for (const phrase of ['Plan: ', 'Applied.', 'No changes.', 'Rolled back.', 'byte for byte'])
    assert.ok(output.text.includes(phrase), phrase)
})

test.run()
