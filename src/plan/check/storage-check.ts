import type { SourceRange } from '../../diagnostic/source-range.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'

/** A storage that something new needs, and where the need stands. */
export interface StorageNeed {
  readonly storage: string
  readonly node: string
  /** PVE's content type: `images`, `rootdir`, `vztmpl`, `iso`, `backup` … */
  readonly content: string
  /** What needs it, to begin a sentence: "`disk.scsi0`". */
  readonly what: string
  readonly address: string
  readonly range?: SourceRange | undefined
}

const CONTENT_WORDS: { readonly [content: string]: string } = {
  images: 'disks of VMs',
  rootdir: 'volumes of containers',
  vztmpl: 'container archives',
  iso: 'ISO images',
  backup: 'backups',
  snippets: 'snippets',
  import: 'images to import',
}

/** The storages of a node that take a kind of content, sorted. */
export const storagesFor = (world: PlanningContext, node: string, content: string): readonly string[] =>
  [...world.storages]
    .filter(([, onNodes]) => {
      const storage = onNodes.get(node)
      return storage?.active === true && storage.content.includes(content)
    })
    .map(([name]) => name)
    .sort()

const instead = (world: PlanningContext, { node, content }: StorageNeed): string => {
  const names = storagesFor(world, node, content)
  const what = CONTENT_WORDS[content] ?? content
  return names.length === 0
    ? ` No storage on ${node} takes ${what}.`
    : ` On ${node} these take ${what}: ${names.join(', ')}.`
}

/** Reports a storage that is missing, not on the node, not active, or does not take the content. True when all is well. */
export const checkStorage = (world: PlanningContext, need: StorageNeed): boolean => {
  const { storage, node, content, what, address, range } = need
  const onNodes = world.storages.get(storage)
  const place = { address, range }
  if (!onNodes) {
    const guess = suggestion(storage, world.storages.keys())
    world.report('plan.unknown-storage', {
      detail: `${what} needs storage \`${storage}\`, which the cluster does not have.${guess}${instead(world, need)}`,
      ...place,
    })
    return false
  }
  const here = onNodes.get(node)
  if (!here) {
    const nodes = [...onNodes.keys()].sort().join(', ')
    world.report('plan.storage-not-on-node', {
      detail: `${what} needs storage \`${storage}\`, which is on ${nodes} but not on ${node}.${instead(world, need)}`,
      ...place,
    })
    return false
  }
  if (!here.active) {
    world.report('plan.storage-inactive', {
      detail: `${what} needs storage \`${storage}\`, which is not active on ${node}. Bring it up and run \`mpc sync\`.${instead(world, need)}`,
      ...place,
    })
    return false
  }
  if (!here.content.includes(content)) {
    world.report('plan.storage-content', {
      detail: `${what} needs storage \`${storage}\` to take ${CONTENT_WORDS[content] ?? content}, but it takes only: ${here.content.join(', ')}. Allow \`${content}\` in the storage's settings or use another.${instead(world, need)}`,
      ...place,
    })
    return false
  }
  return true
}
