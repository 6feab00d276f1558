import type { Guest } from '../state/guest.ts'
import { type FileSection, sectionText, sha1 } from '../state/section-text.ts'
import { defineSlot, type World } from '../state/world.ts'

/** What the HA manager is told: resources by `vm:100` or `ct:200`, rules by name in the order of their making. */
export type HaState = {
  readonly resources: Map<string, FileSection>
  readonly rules: Map<string, { readonly type: string; readonly section: FileSection }>
}

export const haState: (world: World) => HaState = defineSlot(
  (): HaState => ({ resources: new Map(), rules: new Map() }),
)

export const sidOf = ({ type, vmid }: Pick<Guest, 'type' | 'vmid'>): string =>
  `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`

/** The guest behind a resource id; nothing when there is none of that kind. */
export const guestOfSid = (world: World, sid: string): Guest | undefined => {
  const guest = world.guests.get(Number(sid.slice(3)))
  return guest !== undefined && sidOf(guest) === sid ? guest : undefined
}

/** SHA-1 of the file of resources. */
export const resourcesDigest = (world: World): string =>
  sha1([...haState(world).resources].map(([sid, section]) => sectionText(sid.replace(':', ': '), section)).join(''))

/** SHA-1 of the file of rules. */
export const rulesDigest = (world: World): string =>
  sha1(
    [...haState(world).rules]
      .map(([name, { type, section }]) => sectionText(`${type}: ${name}`, section, ['nodes', 'resources', 'affinity']))
      .join(''),
  )

/** Whether a HA manager is there to carry requests out; the recorded node has none. */
export const managerRuns = (world: World): boolean => world.guestsReact

/** The state asked for; nothing when the guest is not a resource. */
export const requestedState = (world: World, guest: Guest): string | undefined => {
  const section = haState(world).resources.get(sidOf(guest))
  return section === undefined ? undefined : (section['state'] ?? 'started')
}

/** True where starting and stopping a guest are requests to the HA manager. */
export const isManaged = (world: World, guest: Guest): boolean => {
  const state = requestedState(world, guest)
  return state !== undefined && state !== 'ignored'
}

/** Asks the HA manager for another state of a guest, as start and stop through the API do. */
export const requestState = (world: World, guest: Guest, state: string): void => {
  const { resources } = haState(world)
  const section = resources.get(sidOf(guest))
  if (section !== undefined) resources.set(sidOf(guest), { ...section, state })
}

/** Takes a resource out of the rules; a rule that is left without any goes too. */
export const forgetInRules = (world: World, sid: string): void => {
  const { rules } = haState(world)
  for (const [name, { type, section }] of [...rules]) {
    const resources = (section['resources'] ?? '').split(',').filter((each) => each !== sid)
    const least = type === 'resource-affinity' ? 2 : 1
    if (resources.length < least && section['resources']?.split(',').includes(sid)) rules.delete(name)
    else rules.set(name, { type, section: { ...section, resources: resources.join(',') } })
  }
}

/** The state in which the HA manager has each resource; nothing before it has looked at one. */
export const managerState = defineSlot(() => new Map<string, string>())

/** The state that lists show for a guest: the manager's, the requested one only while it has none; nothing for one that is no resource. */
export const haStateOf = (world: World, guest: Guest): string | undefined => {
  const requested = requestedState(world, guest)
  return requested === undefined ? undefined : (managerState(world).get(sidOf(guest)) ?? requested)
}
