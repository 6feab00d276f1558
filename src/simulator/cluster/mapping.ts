import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import { changedSection, type FileSection, pickKeys, sectionText, sha1 } from '../state/section-text.ts'
import { defineSlot, type World } from '../state/world.ts'

type Kind = 'dir' | 'pci' | 'usb'
type Mapping = { readonly map: readonly string[]; readonly section: FileSection }

const mappings = defineSlot(
  () => ({ dir: new Map(), pci: new Map(), usb: new Map() }) as Record<Kind, Map<string, Mapping>>,
)

const KEYS = ['description', 'mdev', 'live-migration-capable']

const digest = (world: World, kind: Kind): string =>
  sha1(
    [...mappings(world)[kind]]
      .map(([id, { map, section }]) => sectionText(id, { ...section, map: map.join('\n\tmap ') }))
      .join(''),
  )

const shown = (id: string, kind: Kind, { map, section }: Mapping): Record<string, unknown> => ({
  id,
  type: kind,
  ...section,
  map,
})

const RIGHTS = ['Mapping.Modify', 'Mapping.Use', 'Mapping.Audit']

const list =
  (kind: Kind) =>
  (call: Call): readonly unknown[] =>
    [...mappings(call.world)[kind]]
      .filter(([id]) => call.allowed(`/mapping/${kind}/${id}`, RIGHTS, true))
      .map(([id, mapping]) => ({ ...shown(id, kind, mapping), digest: digest(call.world, kind) }))

const mappingOf = (kind: Kind, call: Call): Mapping =>
  mappings(call.world)[kind].get(call.text('id')) ?? raise(`mapping '${call.text('id')}' not found`)

const create =
  (kind: Kind) =>
  (call: Call): null => {
    const id = call.text('id')
    if (mappings(call.world)[kind].has(id)) raiseParam({ id: `mapping '${id}' already exists` })
    mappings(call.world)[kind].set(id, { map: call.list('map'), section: pickKeys(call.params, KEYS) })
    return null
  }

const update =
  (kind: Kind) =>
  (call: Call): null => {
    const old = mappingOf(kind, call)
    if (call.has('digest') && call.text('digest') !== digest(call.world, kind))
      raise('detected modified configuration - file changed by other user? Try again.')
    mappings(call.world)[kind].set(call.text('id'), {
      map: call.has('map') ? call.list('map') : old.map,
      section: changedSection(old.section, pickKeys(call.params, KEYS), call.list('delete')),
    })
    return null
  }

const kindRoutes = (kind: Kind): RouteTable => ({
  [`GET /cluster/mapping/${kind}`]: list(kind),
  [`POST /cluster/mapping/${kind}`]: create(kind),
  [`GET /cluster/mapping/${kind}/{id}`]: (call) => {
    const { map, section } = mappingOf(kind, call)
    return { id: call.text('id'), ...section, map, digest: digest(call.world, kind) }
  },
  [`PUT /cluster/mapping/${kind}/{id}`]: update(kind),
  [`DELETE /cluster/mapping/${kind}/{id}`]: (call) => {
    mappings(call.world)[kind].delete(call.text('id'))
    return null
  },
})

/** Resource mappings. PVE API: /cluster/mapping. Deleting one that does not exist succeeds, as PVE's does. */
export const mappingRoutes: RouteTable = { ...kindRoutes('dir'), ...kindRoutes('pci'), ...kindRoutes('usb') }
