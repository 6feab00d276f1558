import type { SourceRange } from '../../diagnostic/source-range.ts'
import { attributeName } from '../../kinds/attribute-name.ts'
import { type ConfigValue, isPropertyMap } from '../../resource/config-value.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { PlanningContext } from '../planning-context.ts'
import type { GuestContext } from '../state/guest-progress.ts'

const CONTENT_VOLUME = /^([^:/]+):(iso|import|snippets|vztmpl)\//

const WORDS: { readonly [content: string]: readonly [plural: string, how: (storage: string) => string] } = {
  iso: ['ISO images', (storage) => `upload or download one to ${storage}`],
  import: ['images to import', (storage) => `upload or download one to ${storage}`],
  snippets: ['snippets', (storage) => `put it into the snippets folder of ${storage}`],
  vztmpl: ['archives', (storage) => `download one with \`pveam download ${storage} …\``],
}

/** More would bury the sentence. */
const SHOWN = 12

const shown = (volumes: readonly string[]): string =>
  volumes.length <= SHOWN
    ? volumes.join(', ')
    : `${volumes.slice(0, SHOWN).join(', ')} and ${volumes.length - SHOWN} more`

export interface VolumeNeed {
  readonly volume: string
  readonly node: string
  /** What names it, to begin a sentence: "`vm.web` names". */
  readonly what: string
  readonly address: string
  readonly range?: SourceRange | undefined
}

/**
 * Reports an archive, image or snippet that is known not to be there; true otherwise. Snippets are listed only to those who may manage the
 * storage (Datastore.Allocate), so that an empty list of them says nothing.
 */
export const checkContent = (world: PlanningContext, { volume, node, what, ...place }: VolumeNeed): boolean => {
  const [, storage = '', content = ''] = CONTENT_VOLUME.exec(volume) ?? []
  const onNodes = world.storages.get(storage)
  const listed = onNodes?.get(node)?.volumes
  if (!onNodes || !listed || listed.includes(volume)) return true
  const others = listed.filter((each) => each.startsWith(`${storage}:${content}/`))
  if (content === 'snippets' && others.length === 0) return true
  const [plural, how] = WORDS[content] ?? ['volumes', () => 'put it there']
  const elsewhere = [...onNodes.values()].filter(({ volumes }) => volumes?.includes(volume)).map((each) => each.node)
  const found =
    others.length === 0
      ? ` It holds no ${plural}: ${how(storage)}.`
      : `${suggestion(volume, others)} Its ${plural}: ${shown(others)}.`
  world.report('plan.unknown-volume', {
    detail: `${what} \`${volume}\`, which storage ${storage} on ${node} did not hold at the last sync.${
      elsewhere.length === 0 ? '' : ` ${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'has' : 'have'} it.`
    }${found} If it has been put there since, run \`mpc sync\`.`,
    ...place,
  })
  return false
}

const namedIn = (
  value: ConfigValue | undefined,
): readonly (readonly [property: string | undefined, volume: string])[] => {
  if (typeof value === 'string') return CONTENT_VOLUME.test(value) ? [[undefined, value]] : []
  if (value === undefined || !isPropertyMap(value)) return []
  return Object.entries(value).flatMap(([property, part]) =>
    typeof part === 'string' && CONTENT_VOLUME.test(part) ? [[property, part] as const] : [],
  )
}

/** Checks every image, archive and snippet that some declared values name. */
export const checkContents = (
  { kind, world, desired }: GuestContext,
  values: readonly { readonly key: string; readonly declared?: ConfigValue }[],
  node: string,
): void => {
  for (const { key, declared } of values) {
    for (const [property, volume] of namedIn(declared)) {
      const name = attributeName(kind, key, property)
      const range = desired.rangeOf?.(name) ?? desired.rangeOf?.(attributeName(kind, key)) ?? desired.range
      checkContent(world, { volume, node, what: `\`${name}\` names`, address: desired.address, range })
    }
  }
}
