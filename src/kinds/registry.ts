import type { GuestKindName, GuestType } from '../resource/guest.ts'
import { containerDefinition } from './container.ts'
import { guestKind } from './guest-kind.ts'
import type { GuestKind } from './kind.ts'
import { vmDefinition } from './vm.ts'

/** Every kind of guest mpc manages, by the name declarations use. */
export const guestKinds: Readonly<Record<GuestKindName, GuestKind>> = {
  vm: guestKind(vmDefinition),
  container: guestKind(containerDefinition),
}

const byType: Readonly<Record<GuestType, GuestKind>> = { qemu: guestKinds.vm, lxc: guestKinds.container }

/** The kind of a guest by PVE's word for it. */
export const kindOfType = (type: GuestType): GuestKind => byType[type]
