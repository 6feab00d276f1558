const counts: Readonly<Record<string, number>> = {
  ide: 4,
  sata: 6,
  scsi: 31,
  virtio: 16,
  net: 32,
  ipconfig: 32,
  unused: 256,
  mp: 256,
  dev: 256,
  serial: 4,
  parallel: 3,
  usb: 14,
  hostpci: 16,
  virtiofs: 10,
  numa: 8,
  link: 8,
  acmedomain: 6,
}

/** The parameter names that `net[n]` stands for: `net0` … `net31`. */
export const slots = (prefix: string): readonly string[] =>
  Array.from({ length: counts[prefix] ?? 8 }, (_, index) => `${prefix}${index}`)
