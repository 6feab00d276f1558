/** One setting: what it may hold and what it is for. The parser, the JSON Schema and the file `mpc init` writes are made from these. */
export interface SettingFacts {
  readonly type: 'string' | 'boolean' | 'integer' | 'command' | 'guests'
  readonly description: string
  readonly minimum?: number
  readonly maximum?: number
  /** JavaScript regular expression, anchored. */
  readonly pattern?: string
  readonly example: string
  /** What it could be used for by who wrote it: such settings are acted on only once the user has agreed to them. */
  readonly risk?: string
}

export interface SettingGroup {
  readonly description: string
  readonly settings: Settings
}

interface Settings {
  readonly [name: string]: SettingFacts | SettingGroup
}

export const isGroup = (entry: SettingFacts | SettingGroup): entry is SettingGroup => 'settings' in entry

const VMID = { type: 'integer', minimum: 100, maximum: 999_999_999 } as const

/** Every setting of `.proxmox/config.yml`. None of them is a secret. */
const SETTINGS = {
  endpoint: {
    type: 'string',
    description: 'Address of the server; https and port 8006 by default. PROXMOX_VE_ENDPOINT overrides it.',
    example: 'https://pve.example.com:8006',
    risk: 'your credentials are sent there',
  },
  tls: {
    description: "How the server proves who it is. Without any of these the system's authorities decide.",
    settings: {
      ca_file: {
        type: 'string',
        description:
          'PEM file of the authority to trust, relative to the workspace; on a node: /etc/pve/pve-root-ca.pem.',
        example: 'pve-root-ca.pem',
        risk: 'any server with a certificate from this authority is trusted',
      },
      fingerprint: {
        type: 'string',
        description: "Pin the server's certificate by its SHA-256 fingerprint; no authority is needed then.",
        pattern: '^\\s*(?:[Ss][Hh][Aa]-?256[:= ])?(?:[0-9A-Fa-f]{2}[:\\s]?){31}[0-9A-Fa-f]{2}\\s*$',
        example: 'AB:CD:…',
        risk: 'the server with this certificate is trusted',
      },
      insecure: {
        type: 'boolean',
        description: 'Do not verify the certificate at all. PROXMOX_VE_INSECURE=true does the same.',
        example: 'true',
        risk: 'any server is trusted',
      },
    },
  },
  credentials: {
    description:
      'Where the API token (user@realm!name=secret) comes from when the environment (PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD) has none. Never the token itself.',
    settings: {
      token_file: {
        type: 'string',
        description: 'File that holds the token and nothing else; ~/ is your home.',
        example: '~/.config/mpc/token',
        risk: 'this file is read, and what it holds is sent to the server',
      },
      command: {
        type: 'command',
        description: 'Program and arguments that print the token; no shell is involved.',
        example: '[pass, show, proxmox/mpc]',
        risk: 'this program is run as you',
      },
    },
  },
  read_only: {
    type: 'boolean',
    description: 'Send nothing that changes the cluster: sync and plan work, apply, revert and recover are refused.',
    example: 'true',
  },
  protect: {
    type: 'guests',
    description:
      'Guests that no plan may change or destroy: VMIDs, ranges of them, and names, tags, pools or nodes, written as name:db, tag:prod, pool:customers, node:pve3, or as the word alone for whatever bears it.',
    example: '[101, 200-299, tag:prod]',
  },
  max_destroy: {
    type: 'integer',
    description: 'How many guests one plan may destroy or replace at most.',
    minimum: 0,
    maximum: 1_000_000,
    example: '2',
  },
  defaults: {
    description: 'Defaults for what no declaration or option sets.',
    settings: {
      node: { type: 'string', description: 'Node for guests that name none.', example: 'pve1' },
      storage: { type: 'string', description: 'Storage for disks that name none.', example: 'local-lvm' },
      backup_storage: {
        type: 'string',
        description: 'Storage for backups taken before a guest is destroyed.',
        example: 'nas',
      },
      vmids: {
        description: 'Range new VMIDs are taken from, both ends included.',
        settings: {
          first: { ...VMID, description: 'Lowest VMID to use.', example: '1000' },
          last: { ...VMID, description: 'Highest VMID to use.', example: '1999' },
        },
      },
      parallelism: {
        type: 'integer',
        description: 'Number of steps and requests at the same time.',
        minimum: 1,
        maximum: 64,
        example: '8',
      },
      task_timeout: {
        type: 'integer',
        description:
          "Minutes a task on the server may take before mpc stops waiting and suspends the run; mpc recover continues it later. Without it mpc stops waiting when the task's log has not grown for 10 minutes, or for two hours where it copies, moves or erases volumes.",
        minimum: 1,
        maximum: 10_080,
        example: '360',
      },
    },
  },
} as const satisfies Settings

/** The same as plain data, for code that walks it. */
export const settingGroup: SettingGroup = {
  description: 'Settings of an mpc workspace: .proxmox/config.yml. It holds no secret and belongs in version control.',
  settings: SETTINGS,
}
