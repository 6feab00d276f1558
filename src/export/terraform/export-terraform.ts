import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { readEndpoint } from '../../proxmox/endpoint.ts'
import type { GuestType } from '../../resource/guest.ts'
import type { Exported, ExportedGuest, ExportSite, Loss } from '../export.ts'
import { type HclBlock, hclBlock, hclFile } from '../hcl-text.ts'
import { lossDiagnostics, lossReport } from '../loss-report.ts'
import { resourceNames } from '../resource-name.ts'
import { exportContainer } from './container.ts'
import type { ResourceExport } from './resource-export.ts'
import { exportVm } from './vm.ts'

/** The provider's minor version whose schema the exporter knows; breaking changes do come with minors. */
const PROVIDER_VERSION = '~> 0.111'
const TOOL = 'Terraform'

const settings = ({ endpoint }: ExportSite): readonly HclBlock[] => [
  hclBlock('terraform', { required_version: '>= 1.5' }, [
    {
      block: 'required_providers',
      labels: [],
      attributes: [
        {
          name: 'proxmox',
          value: { expression: `{\n      source  = "bpg/proxmox"\n      version = "${PROVIDER_VERSION}"\n    }` },
        },
      ],
      blocks: [],
    },
  ]),
  hclBlock('provider', { endpoint: endpoint && readEndpoint(endpoint).endpoint?.origin }, [], ['proxmox']),
]

const RESOURCES = { qemu: exportVm, lxc: exportContainer } satisfies Record<GuestType, unknown>

interface Written extends ResourceExport {
  readonly exported: ExportedGuest
  readonly name: string
}

const importBlock = ({ type, name, exported: { guest } }: Written): HclBlock =>
  hclBlock('import', { to: { expression: `${type}.${name}` }, id: `${guest.node}/${guest.vmid}` })

/** What goes for a guest as a whole and is no key of its configuration. */
const wholeLosses = ({ exported: { address, guest } }: Written): readonly Loss[] => [
  ...Object.entries(guest.pending).map(([key, { value }]) => ({
    address,
    key,
    value: value ?? '(to be deleted)',
    consequence: 'waits for the next start; the provider shows it as if it were so already',
  })),
  ...(guest.current['parent'] === undefined
    ? []
    : [{ address, key: '(snapshots)', value: '', consequence: 'kept on the server; the provider knows no snapshots' }]),
  ...(guest.status === 'paused'
    ? [{ address, key: '(paused)', value: '', consequence: 'written as started; the provider knows no pause' }]
    : []),
]

const refused = ({ exported: { address }, refusal = '' }: Written): Diagnostic =>
  diagnose('export.not-expressible', { address, detail: `${address} is left out: ${refusal}` })

const GENERAL = `
## All guests

Firewall rules, HA resources, backup jobs, replication and permissions are resources of their own in the provider; they are not exported.
A VM without \`balloon\` has ballooning on; the provider reads that as off, and turns it off (\`balloon=0\`) when it next writes the memory. A VM without \`cpu\` has kvm64, which is written, because the provider would take it for qemu64. An import does not read \`cdrom\`, \`tpm_state\` and \`smbios\`: they stand in \`ignore_changes\`, from where you take them to change them. The provider has no way to keep a container from being restarted, or its volumes from being deleted with it. Secrets are not exported: the provider reads its token from PROXMOX_VE_API_TOKEN.

Look first: \`terraform init && terraform plan\` must show imports, nothing to add or destroy, and as changes only settings of the provider's own (\`migrate\`, \`reboot_after_update\`, \`delete_unreferenced_disks_on_destroy\`, \`wait_for_ip\`, timeouts) and defaults of Proxmox VE that the server leaves unsaid (CPU type, memory, OS type, SCSI hardware). Once it does, manage these guests with one tool, not two.
`

/**
 * Writes guests for the bpg provider: import blocks, and resources whose first plan changes nothing of a guest. Endpoint and token come from the
 * environment (PROXMOX_VE_ENDPOINT, PROXMOX_VE_API_TOKEN). Guests the provider cannot express are left out and told.
 */
export const exportTerraform = (guests: readonly ExportedGuest[], site: ExportSite): Exported => {
  const names = resourceNames(guests.map(({ address }) => address))
  const all = guests.map((exported): Written => {
    const name = names.get(exported.address) ?? exported.address
    const made = RESOURCES[exported.guest.type](exported, name)
    return { ...made, exported, name }
  })
  const written = all.filter(({ refusal }) => refusal === undefined)
  const ofType = (type: ResourceExport['type']) => written.filter((one) => one.type === type).map(({ block }) => block)
  const losses = written.flatMap((one) => [...one.losses, ...wholeLosses(one)])
  const leftOut = all.filter(({ refusal }) => refusal !== undefined).map(refused)
  const files = new Map<string, string>([['providers.tf', hclFile(settings(site))]])
  const add = (path: string, blocks: readonly HclBlock[]) => {
    if (blocks.length > 0) files.set(path, hclFile(blocks))
  }
  add('imports.tf', written.map(importBlock))
  add('virtual-machines.tf', ofType('proxmox_virtual_environment_vm'))
  add('containers.tf', ofType('proxmox_virtual_environment_container'))
  files.set('LOSSES.md', lossReport(TOOL, losses, leftOut) + GENERAL)
  return { files, losses, diagnostics: [...leftOut, ...lossDiagnostics(TOOL, losses)] }
}
