import { render } from 'ink'
import type { Io } from '../../io/io.ts'
import type { PlanView } from '../plan-view.ts'
import { PlanPicture } from './plan-picture.tsx'

/** Draws a plan once and leaves it in the scroll-back. */
export const showPlan = async (view: PlanView, { terminal }: Pick<Io, 'terminal'>): Promise<void> => {
  const { unmount, waitUntilExit } = render(<PlanPicture view={view} />, {
    stdout: terminal.stdout,
    stdin: terminal.stdin,
    patchConsole: false,
  })
  unmount()
  await waitUntilExit()
}
