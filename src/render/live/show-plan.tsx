import { renderToString } from 'ink'
import type { Io } from '../../io/io.ts'
import type { PlanView } from '../plan-view.ts'
import { wantsColour } from '../style.ts'
import { PlanPicture } from './plan-picture.tsx'
import { Colours } from './toned.tsx'

/**
 * Draws a plan once and leaves it in the scroll-back. Not by a mounted view: Ink clears the terminal, scroll-back and all, when what it
 * draws is taller than the screen.
 */
export const showPlan = (view: PlanView, { stdout, env = {} }: Pick<Io, 'stdout'> & Partial<Pick<Io, 'env'>>): void => {
  stdout.write(
    `${renderToString(
      <Colours.Provider value={wantsColour(env)}>
        <PlanPicture view={view} />
      </Colours.Provider>,
      { columns: stdout.columns },
    )}\n`,
  )
}
