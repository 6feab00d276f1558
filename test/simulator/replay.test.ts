import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startSimulator } from '../../src/simulator/start.ts'
import { readConversations } from './conversation.ts'
import { excluded } from './excluded.ts'
import { type Aspect, type Replayed, replay } from './replay.ts'

const folder = join(process.cwd(), 'fixtures/pve/conversations')
const SECRET = '00000000-0000-0000-0000-000000000000'

const sum = (all: readonly Replayed[], aspect: Aspect): string => {
  const equal = all.reduce((total, one) => total + one[aspect].equal, 0)
  const total = all.reduce((count, one) => count + one[aspect].total, 0)
  return `${equal} / ${total}`
}

const replayAll = async (part: string): Promise<readonly Replayed[]> => {
  const all: Replayed[] = []
  for (const conversation of readConversations(folder).filter(({ name }) => name.includes(part))) {
    const simulator = await startSimulator({ profile: 'recorded', http: true, clock: 'virtual', password: 'recorded' })
    try {
      all.push(
        await replay(conversation, {
          url: simulator.url,
          token: `root@pam!tf=${SECRET}`,
          passwords: { 'root@pam': 'recorded' },
          excluded,
          wait: async (seconds) => simulator.world.clock.tick(seconds * 1000),
        }),
      )
    } finally {
      await simulator.stop()
    }
  }
  return all
}

test('every recorded conversation is answered as the recorded node answered it', async () => {
  const all = await replayAll(process.env['MPC_REPLAY'] ?? '')
  console.log(`whole ${all.filter(({ whole }) => whole).length} / ${all.length} conversations`)
  for (const aspect of ['line', 'task', 'body'] as const) console.log(`equal ${sum(all, aspect)} ${aspect}`)
  const differences = all.flatMap((one) => one.differences)
  for (const { conversation, n, aspect, request, wanted, got } of differences)
    console.log(`${conversation}#${n} ${aspect} ${request}\n  wanted ${wanted}\n  got    ${got}`)
  assert.is(differences.length, 0)
})

test.run()
