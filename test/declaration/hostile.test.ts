import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { equal, ok } from 'uvu/assert'
import { HOSTILE_INPUTS } from './hostile-inputs.ts'
import type { HostileResult } from './run-hostile.ts'

const SCRIPT = fileURLToPath(new URL('run-hostile.js', import.meta.url))

/** Mebibytes a process may use for objects: what an ordinary run may take by far. */
const HEAP = 1024

/** Seconds after which a process counts as hanging; no input takes a twentieth of it. */
const HANGING = 150

/** Runs inputs in a process of their own, one after the other. */
const resultsOf = (names: readonly string[]): Promise<readonly HostileResult[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, SCRIPT, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: HANGING * 1000,
      killSignal: 'SIGKILL',
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const results = output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as HostileResult)
      if (code === 0) resolve(results)
      else reject(new Error(`"${names[results.length]}" ended the process with ${signal ?? code}`))
    })
  })

/** More problems of one file are not told, but for the one that says so. */
const MOST = 201

const check = ({ name, codes, count, misplaced, longest }: HostileResult): void => {
  const { outcome } = HOSTILE_INPUTS[name] ?? { outcome: '' }
  if (outcome === 'fine') equal(codes, [], name)
  else ok(codes.includes(outcome as HostileResult['codes'][number]), `${name}: ${codes.join()} and not ${outcome}`)
  ok(count <= MOST, `${name}: ${count} problems`)
  ok(longest < 3000, `${name}: a problem of ${longest} characters`)
  equal(misplaced, 0, name)
}

const BATCH = 12

const names = Object.keys(HOSTILE_INPUTS)
for (let at = 0; at < names.length; at += BATCH) {
  const batch = names.slice(at, at + BATCH)
  test(`neither crash nor hang, nor take more than their share of memory: ${batch.join(', ')}`, async () => {
    const results = await resultsOf(batch)
    equal(
      results.map(({ name }) => name),
      batch,
    )
    for (const result of results) check(result)
  })
}

test.run()
