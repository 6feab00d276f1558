import type { GuestContext } from './guest-progress.ts'
import type { PlanWorld } from './plan-world.ts'
import { checkStorage, storagesFor } from './storage-check.ts'

const isArchive = (volume: string): boolean => volume.includes(':vztmpl/')

/** The archives on a node, as far as its storages were read. */
const archivesOn = (world: PlanWorld, node: string): readonly string[] =>
  storagesFor(world, node, 'vztmpl')
    .flatMap((storage) => world.storages.get(storage)?.get(node)?.volumes ?? [])
    .filter(isArchive)
    .sort()

/** What is wrong with the name of an archive; undefined when it is there, or when that is not known. */
const problemOf = (world: PlanWorld, node: string, archive: string): string | undefined => {
  if (!archive.includes(':')) {
    const archives = archivesOn(world, node)
    const there = archives.length === 0 ? '' : ` On ${node} there are: ${archives.join(', ')}.`
    return `which is no archive: one is named as storage:vztmpl/file.${there} A container that is a template is cloned: \`clone = "…"\`.`
  }
  const [storage = ''] = archive.split(':')
  const volumes = world.storages.get(storage)?.get(node)?.volumes
  if (!volumes || volumes.includes(archive)) return undefined
  const archives = volumes.filter(isArchive).sort()
  return archives.length === 0
    ? `which is not on ${node}. Storage ${storage} holds no archive: download one with \`pveam download ${storage} …\`.`
    : `which is not on ${node}. Storage ${storage} holds: ${archives.join(', ')}.`
}

/** Reports what a new container cannot be made from. */
export const checkArchive = ({ world, desired }: GuestContext): void => {
  const { source, address, node, kind } = desired
  if (source.by === 'archive') {
    const range = desired.rangeOf?.('template') ?? desired.range
    const [storage = '', file] = source.volume.split(':')
    const what = `\`${address}\` is made from \`${source.volume}\`, so it`
    if (file !== undefined && !checkStorage(world, { storage, node, content: 'vztmpl', what, address, range })) return
    const problem = problemOf(world, node, source.volume)
    if (problem === undefined) return
    world.report('plan.unknown-volume', {
      detail: `\`${address}\` is to be made from \`${source.volume}\`, ${problem}`,
      address,
      range,
    })
  } else if (kind === 'container') {
    world.report('plan.no-source', {
      detail: `\`${address}\` has nothing to be made from. Add \`template = "local:vztmpl/…"\` with an archive, or \`clone = "…"\`.`,
      address,
      range: desired.range,
    })
  }
}
