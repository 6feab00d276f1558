import { join } from 'node:path'
import type { HttpHook } from '../../src/simulator/http/server.ts'
import { startSimulator } from '../../src/simulator/start.ts'
import { readConversations } from './conversation.ts'
import { excluded } from './excluded.ts'
import { type Replayed, replay } from './replay.ts'

const folder = join(process.cwd(), 'fixtures/pve/conversations')
const SECRET = '00000000-0000-0000-0000-000000000000'

/** Holds every recorded conversation (those with `part` in their name) with a simulator of its own. */
export const replayAll = async (part = '', hook?: HttpHook): Promise<readonly Replayed[]> => {
  const all: Replayed[] = []
  for (const conversation of readConversations(folder).filter(({ name }) => name.includes(part))) {
    const simulator = await startSimulator({ profile: 'recorded', http: true, clock: 'virtual', password: 'recorded' })
    if (hook !== undefined) simulator.hooks.push(hook)
    const target = {
      url: simulator.url,
      token: `root@pam!tf=${SECRET}`,
      passwords: { 'root@pam': 'recorded' },
      excluded,
      wait: async (seconds: number) => simulator.world.clock.tick(seconds * 1000),
    }
    try {
      all.push(await replay(conversation, target))
    } finally {
      await simulator.stop()
    }
  }
  return all
}
