import type { PlanningContext } from '../planning-context.ts'
import type { PlannedResource } from '../state/planned-resource.ts'
import { writtenBlocks } from './written-blocks.ts'

type Move = readonly [from: PlannedResource, to: PlannedResource]

const identity = ({ kind, name }: PlannedResource): string => `${kind} ${name}`

/** Each that ends with the one of its kind and name that begins. */
const movesIn = (planned: readonly PlannedResource[]): readonly Move[] => {
  const beginning = new Map<string, PlannedResource[]>()
  for (const resource of planned) {
    if (resource.action !== 'create' || resource.name === undefined) continue
    beginning.set(identity(resource), [...(beginning.get(identity(resource)) ?? []), resource])
  }
  return planned.flatMap((from): readonly Move[] => {
    const to = from.action === 'destroy' ? beginning.get(identity(from))?.shift() : undefined
    return to ? [[from, to]] : []
  })
}

/**
 * Warns when something is destroyed and something of the same kind and name created: mostly a block was renamed, or went into a module, and
 * nothing is to be destroyed at all.
 */
export const noteMoves = (world: PlanningContext, planned: readonly PlannedResource[]): void => {
  const moves = movesIn(planned)
  const [first] = moves
  if (!first) return
  const list = moves
    .map(([from, to]) => `- \`${from.address}\` ends, \`${to.address}\` begins: ${from.name}`)
    .join('\n')
  world.report('plan.perhaps-moved', {
    detail: `The plan destroys and creates what has the same name:\n${list}\nIf only the address has changed, add these blocks, and nothing is destroyed:`,
    address: first[1].address,
    hint: writtenBlocks(
      'moved',
      moves.map(([from, to]) => ({ from: from.address, to: to.address })),
    ),
  })
}
