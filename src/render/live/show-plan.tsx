import { renderToString } from 'ink'
import type { Io } from '../../io/io.ts'
import type { PlanView } from '../plan-view.ts'
import { PlanPicture } from './plan-picture.tsx'

/**
 * Draws a plan once and leaves it in the scroll-back. Not by a mounted view: Ink clears the terminal, scroll-back and all, when what it
 * draws is taller than the screen.
 */
export const showPlan = (view: PlanView, { stdout }: Pick<Io, 'stdout'>): void => {
  stdout.write(`${renderToString(<PlanPicture view={view} />, { columns: stdout.columns })}\n`)
}
