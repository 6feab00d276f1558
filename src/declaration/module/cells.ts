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
}

export const makeCells = (): Cells => {
  const cells = new Map<string, Cell>()
  const frames: Frame[] = []
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
        cells.set(id, cell)
        frames.push({ id, needs: cell.needs })
        try {
          cell.value = compute()
          cell.state = 'done'
        } finally {
          frames.pop()
        }
      }
      for (const resource of cell.needs) need(resource)
      return cell.value as T
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
