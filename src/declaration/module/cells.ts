/** A value that is computed once, when it is first asked for. */
interface Cell {
  readonly id: string
  state: 'running' | 'done'
  value: unknown
  /** Made when there is one: most values need no resource. */
  needs?: Set<string>
}

const NO_NEEDS: ReadonlySet<string> = new Set()

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
class ChainTooLong extends Error {}

/** Calls that values waiting for one another may nest before another order is tried. */
const MAX_CHAIN = 300

export const makeCells = (): Cells => {
  const cells = new Map<string, Cell>()
  const frames: Cell[] = []
  let limited = false
  const need = (resource: string): void => {
    const frame = frames.at(-1)
    if (!frame) return
    frame.needs ??= new Set()
    frame.needs.add(resource)
  }
  return {
    need,
    force: <T>(id: string, compute: () => T, onCycle: (path: readonly string[]) => T): T => {
      const known = cells.get(id)
      if (known?.state === 'running') {
        const path = frames.flatMap(({ id: frame }) => (frame === '' ? [] : [frame]))
        return onCycle([...path.slice(Math.max(0, path.lastIndexOf(id))), id])
      }
      const cell: Cell = known ?? { id, state: 'running', value: undefined }
      if (!known) {
        if (limited && frames.length > MAX_CHAIN) throw new ChainTooLong()
        cells.set(id, cell)
        frames.push(cell)
        try {
          cell.value = compute()
          cell.state = 'done'
        } finally {
          frames.pop()
          if (cell.state === 'running') cells.delete(id)
        }
      }
      if (cell.needs) for (const resource of cell.needs) need(resource)
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
      const frame: Cell = { id: '', state: 'running', value: undefined }
      frames.push(frame)
      try {
        return { value: run(), needs: frame.needs ?? NO_NEEDS }
      } finally {
        frames.pop()
      }
    },
  }
}
