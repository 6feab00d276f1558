/** One section of a guest's configuration file: every value as the text that stands in the file. */
export type Section = Record<string, string>

/** Milliseconds: of the model since the start, and by the clock on the wall since 1970. */
export type Moment = { readonly elapsed: number; readonly now: number }

/** What a guest that runs has; it goes away with the guest. */
export type Runtime = {
  readonly pid: number
  /** Model milliseconds since 1970. */
  readonly since: number
  paused: boolean
  /** Drives that the guest lost although they still stand in its configuration: their controller could not be unplugged. */
  readonly detached?: Set<string>
}

/**
 * A virtual machine or container. `config` is the main section; `pending` holds the values that wait for a restart and the
 * names of those to be deleted then (true: with force). A snapshot is a section too.
 */
export type Guest = {
  readonly vmid: number
  readonly type: 'qemu' | 'lxc'
  node: string
  config: Section
  pending: Section
  pendingDelete: Map<string, boolean>
  /** Cloud-init values as they were when the drive was last written. QEMU only. */
  cloudinit: Section | undefined
  readonly snapshots: Map<string, Section>
  /** The lines of a container's file that are LXC's own (`lxc.*`): the API shows them but cannot set them. */
  raw: readonly (readonly [string, string])[]
  running: Runtime | undefined
  /** False for a guest that does not let go of devices that are unplugged (no operating system that answers). */
  answersUnplug: boolean
  /** When it was made; nothing for those that were there before the start. */
  readonly bornAt: Moment | undefined
  /** Counts changes, so that what is derived from the configuration (text, digest) can be kept until the next one. */
  version: number
  digest: { readonly version: number; readonly value: string } | undefined
}

export const makeGuest = (
  type: 'qemu' | 'lxc',
  vmid: number,
  node: string,
  config: Section,
  bornAt?: Moment,
): Guest => ({
  vmid,
  type,
  node,
  config,
  pending: {},
  pendingDelete: new Map(),
  cloudinit: undefined,
  snapshots: new Map(),
  raw: [],
  running: undefined,
  answersUnplug: true,
  bornAt,
  version: 0,
  digest: undefined,
})

/** Must follow every change of a guest's configuration. */
export const touch = (guest: Guest): void => {
  guest.version++
}

export const isTemplate = (guest: Guest): boolean => guest.config['template'] === '1'
