import type { ConfigValue } from '../resource/config-value.ts'

type Switches = { readonly [parameter: string]: boolean }

/** How a guest moves to another node. PVE API: POST /nodes/{node}/{type}/{vmid}/migrate. */
interface MigrationTraits {
  /** Parameters besides the target. */
  readonly params: Switches
  /** Those of a running guest. */
  readonly running: Switches
  /** A running guest is stopped here and started there; else it moves as it runs. */
  readonly restarts: boolean
}

/** How a volume moves to another storage. */
interface VolumeMoveTraits {
  readonly call: string
  /** The parameter that names the key. */
  readonly parameter: string
  readonly takesFormat: boolean
  /** The guest has to be stopped for it. */
  readonly stops: boolean
}

/** How a guest is restored. PVE API: POST /nodes/{node}/{type}. */
interface RestoreTraits {
  /** The parameter that names the archive. */
  readonly archive: string
  readonly params: Switches
  /** Its volumes are named with their storages, or they would all go to the same one. */
  readonly namesVolumes: boolean
}

/** Where a guest's addresses are learnt from. */
interface AddressTraits {
  /** Below the guest's API path. */
  readonly path: string
  readonly privilege: string
  /** The key that says whether an agent in the guest answers; missing: its node does. */
  readonly agent?: string
  /** Stem of the numbered keys that hold fixed addresses. */
  readonly configured: string
}

/** What sets a kind of guest apart besides its configuration, as data: PVE's words for it, and what PVE does to it otherwise. */
export interface GuestTraits {
  /** In a sentence: `VM`, `container`. */
  readonly label: string
  /** What PVE calls a guest without a name, followed by its VMID. */
  readonly unnamed: string
  readonly nameKey: 'name' | 'hostname'
  /** Keys of a declaration that are another name of one of PVE's: `name` of a container is its `hostname`. */
  readonly aliases: { readonly [declared: string]: string }
  /** Keys that PVE takes in a property string for another key and its value at once: `virtio=…` of a network device. */
  readonly otherNames: { readonly [parameter: string]: readonly string[] }
  /** What the field `template` of a declaration is: whether the guest becomes one, or the archive it is made from. */
  readonly templateField: 'flag' | 'archive'
  /** The node's command line tool. */
  readonly command: string
  /** What PVE's task types begin with: `qmstart`. */
  readonly taskPrefix: string
  /** The type of the task that moves a volume, which begins otherwise. */
  readonly moveTask: string
  /** Calls that PVE answers with a task's id for some kinds, and carries out at once for this one. */
  readonly immediate: readonly string[]
  /** What ids of high availability begin with: `vm:101`. */
  readonly haPrefix: string
  /** The content a storage is for that takes its volumes. */
  readonly volumeContent: string
  /** A new volume has a size; else it may be a folder without one. */
  readonly needsVolumeSize: boolean
  /** Keys that tell who the guest is: the one with a UUID, and where there is none the one with its name. */
  readonly marks: { readonly uuid?: string; readonly name?: string }
  /** Keys that a guest has from what it is made from. */
  readonly fromSource: readonly string[]
  /** Keys that PVE gives every new guest. */
  readonly givenWhenMade: readonly string[]
  /** It is made from an archive or a guest to clone, never from nothing. */
  readonly needsSource: boolean
  /** PVE does not start it with more processors than its node has. */
  readonly boundToProcessors: boolean
  /** PVE takes the value from root@pam only, logged in with its password. */
  readonly isRootOnly: (key: string, value: ConfigValue) => boolean
  /** The configuration write that may make a volume. PVE API: POST …/config works in a task. */
  readonly allocationMethod: 'POST' | 'PUT'
  /** A key deleted with `force` takes its volume along; else the volume becomes `unusedN`, which is deleted after it. */
  readonly erasesByForce: boolean
  /** A running guest keeps its volumes until it is restarted. */
  readonly keepsVolumes: boolean
  /** Another guest's volume that is taken away becomes `unusedN`, like one of its own. */
  readonly notesForeignVolumes: boolean
  /** What PVE refuses while the guest is protected: to remove a volume's key, or to write one at all. */
  readonly protectionForbids: 'removing' | 'writing'
  /** Whether volumes that are files of a format with snapshots can be part of one. */
  readonly snapshotsFiles: boolean
  readonly volumeMove: VolumeMoveTraits
  readonly migration: MigrationTraits
  readonly restore: RestoreTraits
  readonly addresses: AddressTraits
  /** The property of a network device that holds its MAC address. */
  readonly macProperty: string
  /** Keys that may mount what is on the node itself. */
  readonly nodeMounts?: RegExp
  /** The switch without which the guest is root on its node, which takes Sys.Modify to make. */
  readonly unprivilegedKey?: string
  /** The key under which PVE shows lines of its file that the API does not know. */
  readonly rawLines?: string
  /** Added where a guest is said to wait for its next start. */
  readonly restartNote: string
}
