/** What a storage type can do. PVE source: the storage plugins and `volume_has_feature`. */
export type Backend = {
  readonly fileBased: boolean
  readonly shared: boolean
  readonly formats: readonly string[]
  readonly defaultFormat: string
  /** Formats a copy may have; others become the default one. */
  readonly copyFormats: readonly string[]
  /** Formats whose volumes take snapshots of VM disks. */
  readonly snapshotFormats: readonly string[]
  /** Whether a container's volume can be snapshotted. */
  readonly containerSnapshots: boolean
  /** Formats that take linked clones. */
  readonly linkedFormats: readonly string[]
  /** Linked clones carry their base in their name, and keep it from being erased. */
  readonly clonesHang: boolean
  /** Besides base volumes, what linked clones can be made of. */
  readonly clonesOf: readonly ('current' | 'snapshot')[]
  /** Only the newest snapshot can be rolled back to (ZFS). */
  readonly newestOnly: boolean
  readonly options: readonly string[]
}

const file = (shared: boolean): Backend => ({
  fileBased: true,
  shared,
  formats: ['raw', 'qcow2', 'vmdk', 'subvol'],
  copyFormats: ['raw', 'qcow2', 'vmdk', 'subvol'],
  defaultFormat: 'raw',
  snapshotFormats: ['qcow2'],
  containerSnapshots: false,
  linkedFormats: ['raw', 'qcow2', 'vmdk'],
  clonesHang: true,
  clonesOf: [],
  newestOnly: false,
  options: [],
})

const block = (parts: Partial<Backend>): Backend => ({
  fileBased: false,
  shared: false,
  formats: ['raw'],
  copyFormats: ['raw'],
  defaultFormat: 'raw',
  snapshotFormats: [],
  containerSnapshots: false,
  linkedFormats: [],
  clonesHang: true,
  clonesOf: [],
  newestOnly: false,
  options: [],
  ...parts,
})

const backends: Readonly<Record<string, Backend>> = {
  dir: file(false),
  nfs: file(true),
  cifs: file(true),
  cephfs: file(true),
  pbs: file(true),
  esxi: file(true),
  btrfs: {
    ...file(false),
    copyFormats: ['raw', 'subvol'],
    snapshotFormats: ['raw', 'qcow2', 'subvol'],
    containerSnapshots: true,
    linkedFormats: ['raw', 'subvol'],
    clonesHang: false,
    clonesOf: ['current', 'snapshot'],
  },
  lvm: block({}),
  lvmthin: block({
    snapshotFormats: ['raw'],
    containerSnapshots: true,
    linkedFormats: ['raw'],
    clonesHang: false,
    clonesOf: ['snapshot'],
  }),
  zfspool: block({
    formats: ['raw', 'subvol'],
    copyFormats: ['raw', 'subvol'],
    snapshotFormats: ['raw', 'subvol'],
    containerSnapshots: true,
    linkedFormats: ['raw', 'subvol'],
    newestOnly: true,
  }),
  rbd: block({
    shared: true,
    snapshotFormats: ['raw'],
    containerSnapshots: true,
    linkedFormats: ['raw'],
    clonesOf: ['snapshot'],
  }),
  iscsi: block({ shared: true }),
  iscsidirect: block({ shared: true }),
}

export const backendOf = (type: string): Backend => backends[type] ?? file(false)
