import type { PlanningContext } from '../planning-context.ts'
import type { GuestContext } from '../state/guest-progress.ts'
import { checkContent } from './content-check.ts'
import { checkStorage, storagesFor } from './storage-check.ts'

const isArchive = (volume: string): boolean => volume.includes(':vztmpl/')

/** The archives on a node, as far as its storages were read. */
const archivesOn = (world: PlanningContext, node: string): readonly string[] =>
  storagesFor(world, node, 'vztmpl')
    .flatMap((storage) => world.storages.get(storage)?.get(node)?.volumes ?? [])
    .filter(isArchive)
    .sort()

const nameNoArchive = (world: PlanningContext, node: string): string => {
  const archives = archivesOn(world, node)
  const there = archives.length === 0 ? '' : ` On ${node} there are: ${archives.join(', ')}.`
  return `which is no archive: one is named as storage:vztmpl/file.${there} A container that is a template is cloned: \`clone = "…"\`.`
}

/** Reports what a new container cannot be made from. */
export const checkArchive = ({ world, desired, kind }: GuestContext): void => {
  const { source, address, node } = desired
  if (source.by === 'archive') {
    const range = desired.rangeOf?.('template') ?? desired.range
    const { volume } = source
    const [storage = '', file] = volume.split(':')
    const what = `\`${address}\` is to be made from`
    if (file === undefined) {
      world.report('plan.unknown-volume', {
        detail: `${what} \`${volume}\`, ${nameNoArchive(world, node)}`,
        address,
        range,
      })
      return
    }
    const need = `\`${address}\` is made from \`${volume}\`, so it`
    if (!checkStorage(world, { storage, node, content: 'vztmpl', what: need, address, range })) return
    checkContent(world, { volume, node, what, address, range })
  } else if (kind.needsSource) {
    world.report('plan.no-source', {
      detail: `\`${address}\` has no template and no clone source. Add \`template = "local:vztmpl/…"\` with an archive, or \`clone = "…"\`.`,
      address,
      range: desired.range,
    })
  }
}
