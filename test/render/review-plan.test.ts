import { PassThrough } from 'node:stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Io } from '../../src/io/io.ts'
import { planView } from '../../src/render/plan-view.ts'
import { samplePlan } from './sample-plan.ts'

// Ink draws nothing but the last frame where it finds itself in CI; it looks once, when it is loaded.
for (const name of Object.keys(process.env))
  if (/^(?:CI|CI_.*|CONTINUOUS_INTEGRATION)$/.test(name)) delete process.env[name]
const { reviewPlan } = await import('../../src/render/live/review-plan.tsx')

/** A terminal as Ink needs one; `drawn` resolves when the question stands on it. */
const terminal = (rows = 40) => {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => undefined,
    ref: () => undefined,
    unref: () => undefined,
  })
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows })
  const drawn = new Promise<void>((resolve) => {
    let seen = ''
    stderr.on('data', (chunk: Buffer) => {
      seen += chunk
      if (seen.includes('is accepted')) resolve()
    })
  })
  return {
    io: { env: {}, terminal: { stdin, stdout: stderr, stderr } } as unknown as Pick<Io, 'terminal' | 'env'>,
    stdin,
    drawn,
  }
}

const CLEARS_SCROLL_BACK = '\x1b[3J'

const answer = async (...keys: readonly string[]) => {
  const { io, stdin, drawn } = terminal()
  const review = reviewPlan(planView(samplePlan), { asks: true }, io)
  await drawn
  for (const key of keys) stdin.write(key)
  return review
}

test('keys that come faster than the screen is drawn all count', async () => {
  assert.equal(await answer('y', 'e', 's', '\r'), 'approved')
})

test('a pasted answer counts up to its line end', async () => {
  assert.equal(await answer('yes\r'), 'approved')
  assert.equal(await answer('yes please\r'), 'declined')
})

test('only yes is yes', async () => {
  assert.equal(await answer('y', '\r'), 'declined')
  assert.equal(await answer('\r'), 'declined')
  assert.equal(await answer('y', 'e', 'x', '\x7f', 's', '\r'), 'approved')
})

test('Ctrl-C is an interruption, whatever was typed', async () => {
  assert.equal(await answer('y', 'e', 's', '\x03'), 'interrupted')
})

test('Esc cancels', async () => {
  assert.equal(await answer('\x1b'), 'declined')
})

test('a plan taller than the screen leaves the scroll-back alone and follows the cursor', async () => {
  const { io, stdin, drawn } = terminal(12)
  let shown = ''
  io.terminal.stderr.on('data', (chunk: Buffer) => {
    shown += chunk
  })
  const review = reviewPlan(planView(samplePlan), { asks: true }, io)
  await drawn
  assert.not.match(shown, 'set memory, tags, cipassword')
  for (const _ of samplePlan.steps) stdin.write('\x1b[B\x1b[B')
  stdin.write('no\r')
  assert.equal(await review, 'declined')
  assert.not.ok(shown.includes(CLEARS_SCROLL_BACK))
})

test('Home, End and the pages move the cursor, and / finds', async () => {
  const { io, stdin, drawn } = terminal(12)
  let shown = ''
  io.terminal.stderr.on('data', (chunk: Buffer) => {
    shown += chunk
  })
  const review = reviewPlan(planView(samplePlan), { asks: true }, io)
  await drawn
  const last = samplePlan.changes.at(-1)?.address ?? ''
  const after = async (key: string) => {
    shown = ''
    stdin.write(key)
    // Drawn, and nothing more came for a while.
    for (let last = -1; shown === '' || shown.length !== last; await new Promise((done) => setTimeout(done, 150)))
      last = shown.length
    return shown
  }
  assert.not.ok(shown.includes(`# ${last}`))
  const end = samplePlan.steps.at(-1)?.summary ?? ''
  assert.ok((await after('\x1b[F')).includes(end), 'End')
  assert.not.ok((await after('\x1b[H')).includes(`# ${last}`), 'Home')
  assert.match(await after('/'), 'Find:')
  assert.ok((await after(`${last}\r`)).includes(`# ${last}`), 'found')
  assert.not.ok((await after('\x1b[5~\x1b[5~')).includes(`# ${last}`), 'PageUp')
  stdin.write('yes\r')
  assert.equal(await review, 'approved')
})

test('NO_COLOR takes the colours and leaves the mark', async () => {
  const { io, stdin, drawn } = terminal()
  let shown = ''
  io.terminal.stderr.on('data', (chunk: Buffer) => {
    shown += chunk
  })
  const review = reviewPlan(planView(samplePlan), { asks: true }, { ...io, env: { NO_COLOR: '1' } })
  await drawn
  stdin.write('no\r')
  await review
  for (const colour of [31, 32, 33, 35, 36]) assert.not.ok(shown.includes(`\x1b[${colour}m`))
})

test.run()
