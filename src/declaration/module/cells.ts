/** A value that is computed once, when it is first asked for. */
interface Cell {
  state: 'running' | 'done'
  value: unknown
  readonly needs: Set<string>
}

interface Frame {
  readonly id: string
  readonly needs: Set<string>
}

/** The values of one evaluation, by id (`module.site.local.name`), with what each needs. */
export interface Cells {
  /** Computes the value or gives the known one; `onCycle` gets the ids that wait for one another. */
  readonly force: <T>(id: string, compute: () => T, onCycle: (path: readonly string[]) => T) => T
  /** Notes that what is being computed needs a resource. */
  readonly need: (resource: string) => void
  /** Runs and gives the resources that were needed on the way, without handing them on. */
  readonly tracked: <T>(run: () => T) => {
    readonly value: T
    readonly needs: ReadonlySet<string>
  }
  /** Runs; false when it was stopped because values waited for one another in too long a chain. */
  readonly limited: (run: () => void) => boolean
}

/** Thrown where values that wait for one another would nest too deep; in a better order they need not. */
export class ChainTooLong extends Error {}

/** Calls that values waiting for one another may nest before another order is tried. */
const MAX_CHAIN = 300

export const makeCells = (): Cells => {
  const cells = new Map<string, Cell>()
  const frames: Frame[] = []
  let limited = false
  const need = (resource: string): void => void frames.at(-1)?.needs.add(resource)
  return {
    need,
    force: <T>(id: string, compute: () => T, onCycle: (path: readonly string[]) => T): T => {
      const known = cells.get(id)
      if (known?.state === 'running') {
        const path = frames.flatMap(({ id: frame }) => (frame === '' ? [] : [frame]))
        return onCycle([...path.slice(Math.max(0, path.lastIndexOf(id))), id])
      }
      const cell: Cell = known ?? {
        state: 'running',
        value: undefined,
        needs: new Set(),
      }
      if (!known) {
        if (limited && frames.length > MAX_CHAIN) throw new ChainTooLong()
        cells.set(id, cell)
        frames.push({ id, needs: cell.needs })
        try {
          cell.value = compute()
          cell.state = 'done'
        } finally {
          frames.pop()
          if (cell.state === 'running') cells.delete(id)
        }
      }
      for (const resource of cell.needs) need(resource)
      return cell.value as T
    },
    limited: (run) => {
      limited = true
      try {
        run()
        return true
      } catch (error) {
        if (error instanceof ChainTooLong) return false
        throw error
      } finally {
        limited = false
      }
    },
    tracked: (run) => {
      const frame: Frame = { id: '', needs: new Set() }
      frames.push(frame)
      try {
        return { value: run(), needs: frame.needs }
      } finally {
        frames.pop()
      }
    },
  }
}
