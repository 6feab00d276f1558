import type { ClusterNode } from '../state/world.ts'

type Appliance = Readonly<Record<string, string>>

const of = (os: string, name: string, version: string, ending: string, headline: string): Appliance => {
  const template = `${name}_${version}_amd64.tar.${ending}`
  return {
    template,
    package: name,
    version,
    os,
    section: 'system',
    type: 'lxc',
    architecture: 'amd64',
    headline,
    description: headline,
    infopage: 'https://linuxcontainers.org',
    maintainer: 'Proxmox Support Team <support@proxmox.com>',
    location: `http://download.proxmox.com/images/system/${template}`,
    source: 'http://download.proxmox.com/images',
  }
}

const known: readonly Appliance[] = [
  of('alpine', 'alpine-3.22-default', '20250617', 'xz', 'LXC default image for alpine 3.22'),
  of('debian-12', 'debian-12-standard', '12.7-1', 'zst', 'Debian 12 Bookworm (standard)'),
  of('debian-13', 'debian-13-standard', '13.1-1', 'zst', 'Debian 13 Trixie (standard)'),
  of('fedora', 'fedora-42-default', '20250428', 'xz', 'LXC default image for fedora 42'),
  of('ubuntu-24.04', 'ubuntu-24.04-standard', '24.04-2', 'zst', 'Ubuntu 24.04 Noble (standard)'),
]

/** The container templates a node knows of; a node may say so itself (`facts.aplinfo`). */
export const appliances = (node: ClusterNode): readonly Appliance[] => {
  const own = node.facts['aplinfo']
  return Array.isArray(own) ? (own as readonly Appliance[]) : known
}
