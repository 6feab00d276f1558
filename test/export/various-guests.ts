import type { ClusterDescription, GuestDescription } from '../../src/simulator/twin/description.ts'
import { RICH_CONTAINER, RICH_VM, rawConfig } from './exported.ts'

const GIB = 1024 ** 3

/** One thing a VM can have in each; ID stands for its VMID. */
const VARIOUS: readonly string[] = [
  'name: bare',
  'name: cdempty\nide2: none,media=cdrom',
  'name: cdiso\nide2: local:iso/debian-12.iso,media=cdrom,size=1G',
  'name: q35\nmachine: q35\nbios: ovmf\nefidisk0: local-lvm:vm-ID-disk-9,efitype=4m,size=4M',
  'name: mac\nnet0: virtio=BC:24:11:AA:CA:AF,bridge=vmbr0\nnet1: e1000=BC:24:11:AA:CA:B0,bridge=vmbr0,firewall=1,mtu=1400',
  'name: fourdisks\nscsi0: local-lvm:vm-ID-disk-0,size=8G\nscsi1: local-lvm:vm-ID-disk-1,size=1G,ssd=1\nvirtio0: nas:ID/vm-ID-disk-2.qcow2,size=2G,cache=writeback\nsata0: local-lvm:vm-ID-disk-3,size=1G,backup=0',
  'name: ci\nide2: local-lvm:vm-ID-cloudinit,media=cdrom\nciuser: ada\nipconfig0: ip=dhcp\nnameserver: 1.1.1.1\nsearchdomain: a.b\nsshkeys: ssh-ed25519%20AAAA%20a',
  'name: balloon\nmemory: 4096\nballoon: 1024\nshares: 500',
  'name: cpu\ncpu: host\ncores: 3\nsockets: 2\nnuma: 1\ncpulimit: 2\ncpuunits: 50',
  'name: agentoff\nagent: 0',
  'name: agenton\nagent: 1',
  'name: vga\nvga: none',
  'name: vga2\nvga: qxl,memory=32',
  'name: serial\nserial0: socket\nserial1: socket',
  'name: rng\nrng0: source=/dev/urandom',
  'name: tags\ntags: b;a\ndescription: one\n',
  'name: usb\nusb0: host=1234:5678\nusb1: host=1-2',
  'name: tpm\ntpmstate0: local-lvm:vm-ID-disk-5,size=4M,version=v2.0',
  'name: startup\nstartup: order=3,up=30,down=60\nonboot: 1',
  'name: hotplug\nhotplug: disk,network,usb\ntablet: 0\nacpi: 0\nprotection: 1',
  'name: hotplug0\nhotplug: 0',
  'name: watchdog\nwatchdog: model=i6300esb,action=reset',
  'name: audio\naudio0: device=ich9-intel-hda,driver=spice',
  'name: boot\nboot: order=scsi0;net0\nscsi0: local-lvm:vm-ID-disk-0,size=8G\nnet0: virtio=BC:24:11:AA:CA:A0,bridge=vmbr0',
  'name: smbios\nsmbios1: uuid=0de0d895-11a6-4088-ad7c-16b3dc12b0cf,base64=1,manufacturer=QUNNRQ==',
  'name: keyboard\nkeyboard: de',
  'name: iothread\nscsihw: virtio-scsi-single\nscsi0: local-lvm:vm-ID-disk-0,size=8G,iothread=1,discard=on,aio=native',
  'name: args\nargs: -no-reboot',
  'name: hook\nhookscript: local:snippets/hook.pl',
  'name: pci\nhostpci0: 0000:01:00.0,pcie=1\nmachine: q35',
  'name: unused\nunused0: local-lvm:vm-ID-disk-7',
  'name: noname2\nostype: win11',
]

/** The same of containers. */
const CONTAINERS: readonly string[] = [
  'hostname: c-bare\narch: amd64\nostype: debian\nrootfs: local-lvm:vm-ID-disk-0,size=4G',
  'hostname: c-cores\narch: amd64\nostype: debian\ncores: 2\nmemory: 1024\nswap: 0\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:5F:D3:C7,ip=dhcp,type=veth',
  'hostname: c-one\narch: amd64\nostype: alpine\ncores: 1\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nunprivileged: 1\nfeatures: nesting=1',
  'hostname: c-units\narch: amd64\nostype: alpine\ncpuunits: 50\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nunprivileged: 1\nconsole: 0\ntty: 1\ncmode: shell',
  'hostname: c-net\narch: amd64\nostype: alpine\ncores: 1\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nnet0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:5F:D3:C7,ip=10.0.0.200/24,tag=7,type=veth\nnet1: name=eth1,bridge=vmbr1,hwaddr=BC:24:11:5F:D3:C8,ip=dhcp,ip6=fd00::1/64,type=veth\nnameserver: 1.1.1.1\nsearchdomain: a.b',
  'hostname: c-mp\narch: amd64\nostype: alpine\ncores: 1\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nmp0: local-lvm:vm-ID-disk-1,mp=/srv,size=20G,backup=1',
  'hostname: c-start\narch: amd64\nostype: alpine\ncores: 1\nrootfs: local-lvm:vm-ID-disk-0,size=4G\nstartup: order=1\nonboot: 1\ntags: x;y\nprotection: 1',
]

const VM_BASE = 'memory: 2048\nostype: l26\nscsihw: virtio-scsi-pci\ncpu: host\n'
const CONTAINER_BASE = 'memory: 512\nswap: 512\n'

const numbered = (
  type: 'qemu' | 'lxc',
  first: number,
  base: string,
  texts: readonly string[],
): readonly GuestDescription[] =>
  texts.map((text, at) => {
    const own = text.replaceAll('ID', String(first + at))
    return {
      vmid: first + at,
      type,
      node: 'pve1',
      status: at % 2 === 1 ? 'running' : 'stopped',
      config: rawConfig(text.includes('bare') ? own : base + own),
    }
  })

const { lock: _lock, ...richContainer } = RICH_CONTAINER
const { parent: _parent, ...richVm } = RICH_VM

/** A node with guests of every make. The guests called `bare` have only what the server cannot do without. */
export const VARIOUS_GUESTS: ClusterDescription = {
  nodes: [{ name: 'pve1' }],
  storages: [
    {
      storage: 'local',
      type: 'dir',
      options: { path: '/var/lib/vz', content: 'iso,vztmpl,backup,snippets' },
      total: 100 * GIB,
    },
    {
      storage: 'local-lvm',
      type: 'lvmthin',
      options: { vgname: 'pve', thinpool: 'data', content: 'images,rootdir' },
      total: 100 * GIB,
    },
    { storage: 'tank', type: 'zfspool', options: { pool: 'tank', content: 'images,rootdir' }, total: 100 * GIB },
    {
      storage: 'nas',
      type: 'nfs',
      options: { server: 'nas', export: '/x', path: '/mnt/pve/nas', content: 'images,iso' },
      total: 100 * GIB,
    },
  ],
  guests: [
    { vmid: 100, type: 'qemu', node: 'pve1', config: richVm },
    // The server ends descriptions of containers with a newline.
    { vmid: 101, type: 'lxc', node: 'pve1', config: { ...richContainer, description: 'dns\n' } },
    ...numbered('qemu', 200, VM_BASE, VARIOUS),
    ...numbered('lxc', 300, CONTAINER_BASE, CONTAINERS),
  ],
}
