import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportedGuest } from '../../src/export/export.ts'
import { type Address, parseAddress } from '../../src/resource/address.ts'
import { parseVmid } from '../../src/resource/guest.ts'
import type { ObservedGuest } from '../../src/resource/observed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/start.ts'
import { syncCluster } from '../../src/sync/sync-cluster.ts'
import { simulatorClient } from '../proxmox/connect.ts'

export const address = (text: string): Address => {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`not an address: ${text}`)
  return parsed
}

const vmid = (number: number) => {
  const parsed = parseVmid(number)
  if (!parsed) throw new Error(`not a VMID: ${number}`)
  return parsed
}

/** A configuration as it stands in the server's file: `key: value` lines. */
export const rawConfig = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const at = line.indexOf(':')
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
      }),
  )

export const guestOf = (
  name: string,
  config: Readonly<Record<string, string>>,
  rest: Partial<ObservedGuest> = {},
  more: Partial<ExportedGuest> = {},
): ExportedGuest => ({
  address: address(name),
  preventDestroy: false,
  ...more,
  guest: {
    type: name.includes('container.') ? 'lxc' : 'qemu',
    vmid: vmid(100),
    node: 'pve1',
    name: config['name'] ?? config['hostname'] ?? 'guest',
    status: 'running',
    template: config['template'] === '1',
    current: config,
    pending: {},
    digest: '',
    ...rest,
  },
})

/** Every guest of a simulated cluster, as something to export. */
export const guestsOf = async (simulator: Simulator): Promise<readonly ExportedGuest[]> => {
  const client = simulatorClient(simulator)
  const { observed } = await syncCluster(client, { now: '' })
  client.close()
  return observed.guests.map((guest) => ({
    address: address(`${guest.type === 'qemu' ? 'vm' : 'container'}.${guest.name.replaceAll(/[^\w-]/g, '_')}`),
    guest,
    preventDestroy: false,
    ...(guest.type === 'lxc' && { archive: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst' }),
  }))
}

/** Every guest of a simulated homelab. */
export const homelab = async (): Promise<readonly ExportedGuest[]> => {
  const simulator = await startSimulator({ http: true })
  const guests = await guestsOf(simulator)
  await simulator.stop()
  return guests
}

/** Names and types of the other tools' attributes, as their documentation has them. */
export const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(process.cwd(), 'fixtures', 'export', name), 'utf8'))

/** A VM with a bit of everything a VM can have. */
export const RICH_VM = rawConfig(`
acpi: 0
agent: 1,fstrim_cloned_disks=1,type=virtio,freeze-fs-on-backup=0
audio0: device=ich9-intel-hda,driver=none
balloon: 1024
bios: ovmf
boot: order=scsi0;ide2;net0
cicustom: user=local:snippets/user.yml
ciuser: ada
cipassword: **********
cores: 4
cpu: host,flags=+aes;-pcid,hidden=1
cpulimit: 1.5
cpuunits: 200
description: costs \${5} and %{6}, "quoted" {{ braces }} \\ yes
efidisk0: local-lvm:vm-100-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M
hookscript: local:snippets/hook.pl
hostpci0: 0000:01:00.0,pcie=1,rombar=0
hotplug: disk,network
hugepages: 2
ide0: local:iso/other.iso,media=cdrom,size=1G
ide1: local-lvm:vm-100-cloudinit,media=cdrom
ide2: local:iso/debian.iso,media=cdrom,size=629M
ipconfig0: ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto
ipconfig1: ip=dhcp
kvm: 1
machine: pc-q35-9.0,viommu=intel
memory: 4096
meta: creation-qemu=10.0.13,ctime=1795268492
name: rich
nameserver: 1.1.1.1 9.9.9.9
net0: virtio=BC:24:11:AA:CA:AF,bridge=vmbr0,tag=20,firewall=1,rate=12.5,trunks=5;6
net1: e1000=BC:24:11:AA:CA:B0,bridge=vmbr1,link_down=1,mtu=1400,queues=2
numa: 1
numa0: cpus=0-1,memory=2048,hostnodes=0,policy=bind
onboot: 1
ostype: win11
parent: before
protection: 1
rng0: source=/dev/urandom,max_bytes=1024,period=1000
scsi0: local-lvm:vm-100-disk-0,discard=on,iothread=1,ssd=1,cache=writeback,size=32G,iops_rd=100,mbps_wr=2,detect_zeroes=0
virtio1: nas:100/vm-100-disk-3.qcow2,size=1536M,backup=0
scsihw: virtio-scsi-single
searchdomain: example.com
serial0: socket
smbios1: uuid=0de0d895-11a6-4088-ad7c-16b3dc12b0cf,base64=1,manufacturer=QUNNRQ==
sockets: 2
sshkeys: ssh-ed25519%20AAAAC3Nz%20a%40b
startup: order=3,up=30,down=60
tablet: 0
tags: prod;web
tpmstate0: local-lvm:vm-100-disk-2,size=4M,version=v2.0
unused0: local-lvm:vm-100-disk-9
usb0: host=1234:5678,usb3=1
vga: qxl,memory=32
virtiofs0: dirid=share,cache=auto,direct-io=1
vmgenid: 5eda7963-2fa0-4992-8f40-75fa70a0cf2a
watchdog: model=i6300esb,action=reset
`)

/** A container with a bit of everything. */
export const RICH_CONTAINER = rawConfig(`
arch: amd64
cmode: shell
console: 1
cpulimit: 0.5
cpuunits: 150
description: dns
dev0: path=/dev/ttyUSB0,mode=0660
features: nesting=1,keyctl=1,mount=nfs;cifs
hostname: dns
lock: backup
memory: 256
mp0: tank:subvol-100-disk-1,mp=/srv,size=20G,backup=1
mp1: /mnt/host,mp=/host,ro=1
nameserver: 1.1.1.1
net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:5F:D3:C7,ip=10.0.0.200/24,tag=7,type=veth
net1: name=eth1,bridge=vmbr1,hwaddr=BC:24:11:5F:D3:C8,ip=dhcp,ip6=fd00::1/64,type=veth
onboot: 1
ostype: debian
protection: 1
rootfs: local-lvm:vm-100-disk-0,size=4G,mountoptions=noatime
startup: order=1
swap: 128
tags: infra
timezone: host
tty: 1
unprivileged: 1
`)
