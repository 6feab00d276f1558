// Runs compiled test files, each in a process of its own (a test that leaves a server open cannot hang the rest), two at
// a time, and ends with one line: N passed, N failed.
//   node scripts/test.mjs [--build DIR] [--long] [part of a file name …]
// With --long random tests run all their cases instead of a sample (`npm run test:long`).
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const args = process.argv.slice(2)
const at = args.indexOf('--build')
const [, folder = 'build'] = at < 0 ? [] : args.splice(at, 2)
const tests = join(root, folder, 'test')
const longAt = args.indexOf('--long')
const isLong = longAt >= 0 && args.splice(longAt, 1).length > 0
const FILE_LIMIT_MS = isLong ? 5_400_000 : 600_000

const files = readdirSync(tests, { recursive: true })
  .filter((file) => file.endsWith('.test.js') && (args.length === 0 || args.some((part) => file.includes(part))))
  .sort()
  .map((file) => join(tests, file))

// Whatever a test leaves lying about goes with these folders; one is in memory where there is such a place.
const temporary = mkdtempSync(join(tmpdir(), 'mpc-tests-'))
const memory = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/mpc-tests-') : temporary
const cleanUp = () => {
  for (const folder of [temporary, memory]) rmSync(folder, { recursive: true, force: true })
}
process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

const runFile = (file) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', '--disable-warning=ExperimentalWarning', file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TMPDIR: temporary,
        MPC_TEST_MEMORY: memory,
        FORCE_COLOR: undefined,
        NO_COLOR: '1',
        MPC_TEST: '1',
        ...(isLong && { MPC_LONG: '1' }),
      },
    })
    let output = ''
    const take = (chunk) => {
      output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_LIMIT_MS)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ file, output, code, signal })
    })
  })

const sum = (output, word) =>
  [...output.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce((total, [, n]) => total + Number(n), 0)

let passed = 0
let failed = 0
let skipped = 0
const report = ({ file, output, code, signal }) => {
  const total = sum(output, 'Total')
  const ok = sum(output, 'Passed')
  const left = sum(output, 'Skipped')
  const name = relative(tests, file)
  const lines = output.split('\n').filter((line) => /^(?:skipped|seeds): /.test(line.trim()))
  passed += ok
  skipped += left
  const broken = code !== 0 || total === 0
  failed += Math.max(total - ok - left, broken ? 1 : 0)
  if (broken) {
    const why = signal ? `ended by ${signal}` : total === 0 ? 'ran no test' : `exit code ${code}`
    console.log(`✗ ${name} (${why})\n${output.trimEnd()}\n`)
  } else {
    console.log(`✓ ${name} (${ok})`)
  }
  for (const line of lines) console.log(`  ${line.trim()}`)
}

const queue = [...files]
const worker = async () => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await runFile(file))
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))

if (files.length === 0) {
  console.error('no test file matches')
  failed = 1
}
console.log(
  skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : `${passed} passed, ${failed} failed`,
)
process.exit(failed === 0 ? 0 : 1)
