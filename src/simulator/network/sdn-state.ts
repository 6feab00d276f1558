import { type FileSection, sectionText, sha1 } from '../state/section-text.ts'
import { defineSlot, type World } from '../state/world.ts'

export type SdnKind = 'zones' | 'vnets' | 'subnets' | 'controllers' | 'ipams' | 'dns'
export type SdnObjects = Readonly<Record<string, FileSection>>

type Sdn = { config: Record<SdnKind, SdnObjects>; running: Record<SdnKind, SdnObjects> }

const fresh = (): Record<SdnKind, SdnObjects> => ({
  zones: {},
  vnets: {},
  subnets: {},
  controllers: {},
  ipams: { pve: { type: 'pve' } },
  dns: {},
})

/** What is configured of the software-defined network, and what has been applied. A section's `type` is its kind's type. */
export const sdnState: (world: World) => Sdn = defineSlot((): Sdn => ({ config: fresh(), running: fresh() }))

const REQUIRED: Readonly<Record<SdnKind, readonly string[]>> = {
  zones: ['bridge', 'controller', 'peers', 'vrf-vxlan'],
  vnets: ['zone'],
  subnets: ['vnet'],
  controllers: ['asn'],
  ipams: ['token', 'url'],
  dns: ['key', 'url'],
}

/** SHA-1 of the file that holds the objects of a kind. */
export const sdnDigest = (world: World, kind: SdnKind): string =>
  sha1(
    Object.entries(sdnState(world).config[kind])
      .filter(([id]) => kind !== 'ipams' || id !== 'pve')
      .map(([id, { type, ...section }]) => sectionText(`${type}: ${id}`, section, REQUIRED[kind]))
      .join(''),
  )

/** An object as `pending=1` shows it: what is running, what waits to be applied, and whether it is new, changed or deleted. */
export const pendingView = (
  running: FileSection | undefined,
  config: FileSection | undefined,
): Record<string, unknown> => {
  const wanted = config ?? {}
  const waiting = Object.entries(wanted).filter(([key, value]) => key !== 'type' && running?.[key] !== value)
  const gone = Object.keys(running ?? {}).filter((key) => config !== undefined && wanted[key] === undefined)
  const pending = { ...Object.fromEntries(waiting), ...Object.fromEntries(gone.map((key) => [key, 'deleted'])) }
  const state =
    config === undefined
      ? 'deleted'
      : running === undefined
        ? 'new'
        : Object.keys(pending).length > 0
          ? 'changed'
          : undefined
  const base = running ?? { type: wanted['type'] }
  return state === undefined ? { ...base } : { ...base, state, pending: config === undefined ? {} : pending }
}

/** Makes the configuration the running one, as PUT /cluster/sdn does. */
export const applySdn = (world: World): void => {
  const state = sdnState(world)
  state.running = { ...state.config }
}
