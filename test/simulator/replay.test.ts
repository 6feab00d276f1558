import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { excluded } from './excluded.ts'
import type { Aspect, Replayed } from './replay.ts'
import { replayAll } from './replay-all.ts'

const MOST_EXCLUDED = 0.02

const sum = (all: readonly Replayed[], aspect: Aspect): { readonly equal: number; readonly total: number } => ({
  equal: all.reduce((equal, one) => equal + one[aspect].equal, 0),
  total: all.reduce((total, one) => total + one[aspect].total, 0),
})

test('every recorded conversation is answered as the recorded node answered it', async () => {
  const all = await replayAll(process.env['MPC_REPLAY'])
  console.log(`whole ${all.filter(({ whole }) => whole).length} / ${all.length} conversations`)
  for (const aspect of ['line', 'task', 'body'] as const) {
    const { equal, total } = sum(all, aspect)
    console.log(`equal ${equal} / ${total} ${aspect}`)
  }
  const differences = all.flatMap((one) => one.differences)
  for (const { conversation, n, aspect, request, wanted, got } of differences)
    console.log(`${conversation}#${n} ${aspect} ${request}\n  wanted ${wanted}\n  got    ${got}`)
  assert.is(differences.length, 0)
  assert.ok(excluded.size <= sum(all, 'line').total * MOST_EXCLUDED, 'at most two in a hundred may be excluded')
  for (const { why } of excluded.values()) assert.ok(why.length > 20)
})

test.run()
