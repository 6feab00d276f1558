import type { GuestKind } from '../../kinds/kind.ts'

/** Names that the Terraform providers for Proxmox VE use, and what is written here instead. Shared by VMs and containers. */
const ATTRIBUTES: { readonly [name: string]: string } = {
  node_name: 'Write node = "…".',
  target_node: 'Write node = "…".',
  vm_id: 'Write vmid = ….',
  started: 'Write power = "running" or power = "stopped".',
  vm_state: 'Write power = "running" or power = "stopped".',
  start_on_boot: 'Write onboot = ….',
  pool_id: 'Write pool = "…".',
  network_device: 'Write network "net0" { … }.',
  network_interface: 'Write network "net0" { … }.',
  initialization:
    'Cloud-init has the names of PVE: ciuser, cipassword, sshkeys, nameserver, searchdomain and ipconfig0 { … }.',
  operating_system: 'Write ostype = "…".',
  os_type: 'Write ostype = "…".',
  qemu_os: 'Write ostype = "…".',
  scsi_hardware: 'Write scsihw = "…".',
  desc: 'Write description = "…".',
  full_clone: 'Write full = ….',
  ssh_keys: 'Write sshkeys = "…".',
  keyboard_layout: 'Write keyboard = "…".',
  tpm_state: 'Write disk "tpmstate0" { … }.',
  efi_disk: 'Write disk "efidisk0" { … }.',
  serial_device: 'Write serial0 = "socket".',
  host_pci: 'Write hostpci0 = { … }.',
  disks: 'Write disk "scsi0" { … } for each of them.',
  ostemplate: 'Write template = "local:vztmpl/…".',
  stop_on_destroy: 'mpc stops a guest before it destroys it. Remove it.',
  reboot_after_update: 'Write reboot = "allowed" in the lifecycle block.',
  automatic_reboot: 'Write reboot = "allowed" in the lifecycle block.',
  provider: 'mpc needs no providers. Remove it.',
  provisioner: 'mpc runs nothing inside guests. Use cloud-init, or Ansible with the inventory of mpc export.',
  connection: 'mpc runs nothing inside guests. Remove it.',
  timeouts: 'mpc waits as long as the server works. Remove it.',
}

/** The same within disks, networks and other maps. */
const PROPERTIES: { readonly [name: string]: string } = {
  vlan: 'Write tag = ….',
  vlan_id: 'Write tag = ….',
  datastore_id: 'Write storage = "…".',
  file_format: 'Write format = "…".',
  interface: 'The slot is the label: disk "scsi0" { … }.',
  slot: 'The slot is the label: disk "scsi0" { … }.',
  rate_limit: 'Write rate = ….',
  file_id: 'Write import-from = "…".',
  import_from: 'Write import-from = "…".',
  template_file_id: 'Write template = "local:vztmpl/…" in the container itself.',
}

/** Values that stand beside a map and not in it: `cpu { cores = 2 }`. */
const BESIDE: { readonly [name: string]: string } = {
  'cpu.cores': 'Write cores = … beside it.',
  'cpu.sockets': 'Write sockets = … beside it.',
  'cpu.units': 'Write cpuunits = … beside it.',
  'cpu.limit': 'Write cpulimit = … beside it.',
  'cpu.type': 'Write cputype = "…".',
}

const find = (table: { readonly [name: string]: string }, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** What to write for an attribute or block of a Terraform provider; undefined for any other name. */
export const terraformAttribute = (name: string): string | undefined => find(ATTRIBUTES, name)

/** What to write for a key inside a map of a Terraform provider. */
export const terraformProperty = (kind: GuestKind, key: string, property: string): string | undefined => {
  if (property === 'mac_address') return `Write ${kind.macProperty} = "…".`
  return find(BESIDE, `${key}.${property}`) ?? find(PROPERTIES, property)
}
