import type { Schema } from '../api/facts.ts'
import { type NamedFormat, parsePropertyString } from './check.ts'
import { SchemaError } from './schema-error.ts'

const fail: (text: string) => never = (text) => {
  throw new SchemaError(`${text}\n`)
}

const cpuTypes = new Set(
  `486 Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Cascadelake-Server Cascadelake-Server-noTSX
  Cascadelake-Server-v2 Cascadelake-Server-v4 Cascadelake-Server-v5 ClearwaterForest Conroe Cooperlake Cooperlake-v2
  EPYC EPYC-Genoa EPYC-Genoa-v2 EPYC-IBPB EPYC-Milan EPYC-Milan-v2 EPYC-Milan-v3 EPYC-Rome EPYC-Rome-v2 EPYC-Rome-v3
  EPYC-Rome-v4 EPYC-Rome-v5 EPYC-Turin EPYC-v3 EPYC-v4 EPYC-v5 GraniteRapids GraniteRapids-v2 Haswell Haswell-IBRS
  Haswell-noTSX Haswell-noTSX-IBRS Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX
  Icelake-Server-v3 Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 Icelake-Server-v7 IvyBridge IvyBridge-IBRS KnightsMill Nehalem
  Nehalem-IBRS Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 Penryn SandyBridge SandyBridge-IBRS
  SapphireRapids SapphireRapids-v2 SapphireRapids-v3 SapphireRapids-v4 SierraForest SierraForest-v2 SierraForest-v3 Skylake-Client
  Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4 Skylake-Server Skylake-Server-IBRS
  Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5 Westmere Westmere-IBRS YongFeng YongFeng-v2 athlon core2duo coreduo host kvm32
  kvm64 max pentium pentium2 pentium3 phenom qemu32 qemu64 x86-64-v2 x86-64-v2-AES x86-64-v3 x86-64-v4
  a64fx cortex-a35 cortex-a53 cortex-a55 cortex-a57 cortex-a72 cortex-a76 cortex-a710 neoverse-n1 neoverse-n2 neoverse-v1`.split(
    /\s+/,
  ),
)
const cpuFlags =
  'aes amd-no-ssb amd-ssbd hv-evmcs hv-tlbflush ibpb md-clear nested-virt pcid pdpe1gb spec-ctrl ssbd virt-ssbd'.split(
    ' ',
  )
const bootDevice =
  /^(?:ide[0-3]|sata[0-5]|scsi(?:[12]?\d|30)|virtio(?:\d|1[0-5])|net(?:[12]?\d|3[01])|hostpci(?:\d|1[0-5])|usb(?:\d|1[0-3]))$/

const optional = { optional: 1, type: 'string' } as const
const flag = '[+-][a-zA-Z0-9\\-_.]+'
const cpuFormat: Readonly<Record<string, Schema>> = {
  cputype: { ...optional, default_key: 1 },
  'reported-model': optional,
  hidden: { optional: 1, type: 'boolean' },
  'hv-vendor-id': { ...optional, pattern: '[a-zA-Z0-9]{1,12}' },
  flags: { ...optional, pattern: `${flag}(;${flag})*` },
  'phys-bits': { ...optional, format: 'pve-phys-bits' },
  'guest-phys-bits': { optional: 1, type: 'integer', minimum: 32, maximum: 64 },
  level: { optional: 1, type: 'integer' },
}

/** What a VM's own CPU line must fulfil beyond its format. PVE source: validate_vm_cpu_conf. */
const checkCpu = (cpu: Readonly<Record<string, string>>): void => {
  const { cputype: type, flags = '' } = cpu
  if (type === undefined) fail('CPU is missing cputype')
  if (type.startsWith('custom-')) fail(`Custom cputype '${type.slice('custom-'.length)}' not found`)
  if (!cpuTypes.has(type)) fail(`Built-in cputype '${type}' is not defined (missing 'custom-' prefix?)`)
  if (flags.split(';').some((item) => item !== '' && !cpuFlags.includes(item.slice(1))))
    fail(`VM-specific CPU flags must be a subset of: ${cpuFlags.join(', ')}`)
  if (cpu['reported-model'] !== undefined) fail("Property 'reported-model' not allowed in VM-specific CPU config.")
}

/** Formats of QEMU property-string values. PVE source: QemuServer and QemuServer::CPUConfig. */
export const qemuFormats: Readonly<Record<string, NamedFormat>> = {
  'pve-qm-bootdev': (value) => {
    if (!bootDevice.test(value)) fail(`invalid boot device '${value}'`)
  },
  'pve-vm-cpu-conf': (value, path) =>
    checkCpu(parsePropertyString(cpuFormat, value, path, (name) => qemuFormats[name])),
  'pve-phys-bits': (value) => {
    if (value === 'host') return
    if (!/^\d+$/.test(value) || Number(value) < 8 || Number(value) > 64)
      fail("value must be an integer between 8 and 64 or 'host'")
  },
  'pve-qm-bootdisk': (value) => {
    if (!/^(ide|sata|scsi|virtio)\d+$/.test(value)) fail(`invalid boot disk '${value}'`)
  },
}
