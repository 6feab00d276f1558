import type { Call, RouteTable } from '../api/call.ts'
import { errorText, PveError, raise } from '../api/error.ts'
import { changedSection, type FileSection, pickKeys } from '../state/section-text.ts'
import { pendingView, type SdnKind, type SdnObjects, sdnDigest, sdnState } from './sdn-state.ts'

const NUMBERS = new Set([
  'tag',
  'vlanaware',
  'isolate-ports',
  'snat',
  'asn',
  'mtu',
  'vrf-vxlan',
  'ebgp',
  'exitnodes-local-routing',
  'advertise-subnets',
])
const NOT_KEPT = ['digest', 'delete', 'pending', 'running', 'lock-token', 'verbose']

/** One kind of SDN object in the API. */
export type SdnFamily = {
  readonly kind: SdnKind
  /** Path of the list, and the name of an object's id in it. */
  readonly path: string
  readonly idName: string
  /** What PVE calls it in its errors: `zone`, `vnet`. */
  readonly noun: string
  readonly idOf?: (call: Call) => string
  readonly refuseCreate?: (call: Call, section: FileSection) => void
  readonly refuseChange?: (call: Call, section: FileSection) => void
  readonly refuseDelete?: (call: Call, id: string) => void
  /** Only those of the objects that a list is about. */
  readonly ofList?: (call: Call, section: FileSection) => boolean
  /** More keys than the section has. */
  readonly more?: (call: Call, id: string, section: FileSection) => Readonly<Record<string, unknown>>
}

const valuesOf = (section: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(section).map(([key, value]) => [
      key,
      NUMBERS.has(key) && typeof value === 'string' ? Number(value) : value,
    ]),
  )

/** Runs a change; what goes wrong in it is told as PVE does: `<what> failed: 400 Parameter verification failed.` and the parameters. */
const telling = (what: string, change: () => void): null => {
  try {
    change()
    return null
  } catch (error) {
    if (!(error instanceof PveError)) throw error
    return raise(`${what} failed: ${errorText(error)}`)
  }
}

const idOf = (family: SdnFamily, call: Call): string => family.idOf?.(call) ?? call.text(family.idName)

const objectOf = (family: SdnFamily, call: Call): FileSection =>
  sdnState(call.world).config[family.kind][call.text(family.idName)] ??
  raise(`sdn '${call.text(family.idName)}' does not exist`)

const shown = (family: SdnFamily, call: Call, id: string, section: FileSection): Record<string, unknown> => ({
  [family.idName]: id,
  ...valuesOf(section),
  ...family.more?.(call, id, section),
  digest: sdnDigest(call.world, family.kind),
})

const list = (family: SdnFamily, call: Call): readonly unknown[] => {
  const { config, running } = sdnState(call.world)
  const mine = (objects: SdnObjects): readonly (readonly [string, FileSection])[] =>
    Object.entries(objects).filter(([, section]) => family.ofList?.(call, section) ?? true)
  if (call.flag('pending')) {
    const ids = new Set([...mine(running[family.kind]), ...mine(config[family.kind])].map(([id]) => id))
    return [...ids].sort().map((id) => {
      const known = config[family.kind][id] ?? running[family.kind][id] ?? {}
      const view = pendingView(running[family.kind][id], config[family.kind][id])
      return { [family.idName]: id, ...valuesOf(view), ...family.more?.(call, id, known), digest: null }
    })
  }
  if (call.flag('running'))
    return mine(running[family.kind]).map(([id, section]) => ({ ...shown(family, call, id, section), digest: null }))
  return mine(config[family.kind]).map(([id, section]) => shown(family, call, id, section))
}

const put = (family: SdnFamily, call: Call, id: string, section: FileSection): void => {
  const state = sdnState(call.world)
  state.config = { ...state.config, [family.kind]: { ...state.config[family.kind], [id]: section } }
}

const given = (family: SdnFamily, call: Call): FileSection =>
  pickKeys(
    call.params,
    Object.keys(call.params).filter((key) => key !== family.idName && !NOT_KEPT.includes(key)),
  )

const create = (family: SdnFamily, call: Call): null => {
  const id = idOf(family, call)
  const section = { type: family.noun, ...given(family, call) }
  return telling(`create sdn ${family.noun} object`, () => {
    if (sdnState(call.world).config[family.kind][id] !== undefined)
      raise(`sdn ${family.noun} object ID '${id}' already defined`)
    family.refuseCreate?.(call, section)
    family.refuseChange?.(call, section)
    put(family, call, id, section)
  })
}

const update = (family: SdnFamily, call: Call): null =>
  telling(`update sdn ${family.noun} object`, () => {
    if (call.has('digest') && call.text('digest') !== sdnDigest(call.world, family.kind))
      raise('detected modified configuration - file changed by other user? Try again.')
    const changed = changedSection(objectOf(family, call), given(family, call), call.list('delete'))
    family.refuseChange?.(call, changed)
    put(family, call, call.text(family.idName), changed)
  })

const remove = (family: SdnFamily, call: Call): null =>
  telling(`delete sdn ${family.noun} object`, () => {
    const id = call.text(family.idName)
    objectOf(family, call)
    family.refuseDelete?.(call, id)
    const state = sdnState(call.world)
    const left = Object.entries(state.config[family.kind]).filter(([name]) => name !== id)
    state.config = { ...state.config, [family.kind]: Object.fromEntries(left) }
  })

/** The methods of one kind of SDN object. */
export const sdnObjectRoutes = (family: SdnFamily): RouteTable => {
  const one = `${family.path}/{${family.idName}}`
  return {
    [`GET ${family.path}`]: (call) => list(family, call),
    [`POST ${family.path}`]: (call) => create(family, call),
    [`GET ${one}`]: (call) => shown(family, call, call.text(family.idName), objectOf(family, call)),
    [`PUT ${one}`]: (call) => update(family, call),
    [`DELETE ${one}`]: (call) => remove(family, call),
  }
}
