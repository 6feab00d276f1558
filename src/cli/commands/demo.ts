import { join } from 'node:path'
import { packageFolder } from '../../io/package-folder.ts'
import { startSimulator } from '../../simulator/start.ts'
import { tellStory } from '../demo/story.ts'
import { withTemporaryFolder } from '../demo/temporary-folder.ts'
import type { RunCommand } from '../program/command-context.ts'

export const run: RunCommand<'demo'> = async (context, { options }) => {
  const simulator = await startSimulator({ seed: 7, speed: 200 })
  try {
    return await withTemporaryFolder(context, { keep: options.keep === true }, async (folder) => {
      const example = join(packageFolder(), 'examples', 'homelab', 'homelab.mpc.hcl')
      return tellStory(context, { folder, simulator, declarations: await context.io.files.readText(example) })
    })
  } finally {
    await simulator.stop()
    if (context.io.signal.aborted) context.note('The demo was stopped; nothing is left running.\n')
  }
}
