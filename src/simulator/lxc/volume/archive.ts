import type { Volume } from '../../state/storage.ts'

const systems: readonly (readonly [RegExp, string])[] = [
  [/alpine/, 'alpine'],
  [/devuan/, 'devuan'],
  [/debian|proxmox|turnkey/, 'debian'],
  [/ubuntu/, 'ubuntu'],
  [/centos|rocky|almalinux|rhel/, 'centos'],
  [/fedora/, 'fedora'],
  [/opensuse|suse/, 'opensuse'],
  [/arch/, 'archlinux'],
  [/gentoo/, 'gentoo'],
  [/nixos/, 'nixos'],
]

/** The operating system PVE finds in a template, told from its file name. */
export const systemOf = (file: string): string => systems.find(([name]) => name.test(file))?.[1] ?? 'unmanaged'

/** The architecture in a template's file name. */
export const architectureOf = (file: string): string =>
  /_(amd64|i386|arm64|armhf|riscv64|riscv32)\./.exec(file)?.[1] ?? 'amd64'

/** Bytes a template takes unpacked, in whole tar records: tiny systems grow to about twice their size, others to nearly three times. */
export const unpackedSize = (archive: Volume): number =>
  Math.floor((archive.size * (archive.size < 5e6 ? 1.93 : 2.798)) / 10_240) * 10_240
