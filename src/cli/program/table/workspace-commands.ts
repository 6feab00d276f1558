import type { CommandSpec } from '../command-spec.ts'

/** Commands that set up a workspace and read the cluster. */
export const WORKSPACE_COMMANDS = [
  {
    name: 'init',
    summary: 'set up this folder as a workspace and test the connection',
    description:
      'Writes .proxmox/config.yml, asks for what it is not told, and connects once. Credentials are read from the environment (PROXMOX_VE_API_TOKEN, or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD) or from a file or command named in the settings; they are never written down.',
    args: [],
    options: [
      { flags: '--endpoint <url>', description: 'the server: https://pve.example.com:8006' },
      { flags: '--fingerprint <sha256>', description: 'pin the certificate with this SHA-256 fingerprint' },
      { flags: '--ca-file <file>', description: 'trust the certificate authority in this PEM file', completes: 'file' },
      { flags: '--insecure', description: 'do not verify the certificate' },
      { flags: '--token-file <file>', description: 'read the API token from this file', completes: 'file' },
      { flags: '--force', description: 'replace existing settings' },
      { flags: '--no-test', description: 'do not connect' },
    ],
    examples: [
      { command: 'mpc init', means: 'ask for the endpoint and test the connection' },
      { command: 'mpc init --endpoint https://pve.example.com:8006', means: 'ask nothing' },
    ],
  },
  {
    name: 'trust',
    summary: 'trust the settings of this folder',
    description:
      'A folder you did not set up yourself, such as a cloned repository, may name a program to run and a server to send your credentials to. mpc does neither until you have trusted exactly these settings, once; this is stored outside the folder. `mpc init` trusts what it writes.',
    args: [],
    options: [
      { flags: '--show', description: 'only show the settings and their hash' },
      { flags: '--revoke', description: 'no longer trust this folder' },
    ],
    examples: [
      { command: 'mpc trust', means: 'show, ask, remember' },
      { command: 'MPC_TRUST=… mpc plan', means: 'trust by hash where there is no terminal' },
    ],
  },
  {
    name: 'sync',
    summary: 'read the cluster into the local state',
    description:
      "Reads nodes, storages, pools and every guest's configuration into .proxmox/state.db. Changes nothing on the server. Guests of a node that does not answer are kept as they were last seen.",
    args: [],
    options: [
      {
        flags: '--addresses',
        description:
          'ask running containers, and VMs with the guest agent, for their IP addresses too (one request each)',
      },
    ],
    examples: [
      { command: 'mpc sync', means: 'read the cluster' },
      { command: 'mpc sync --addresses', means: 'read the addresses of all running guests too' },
    ],
  },
  {
    name: 'status',
    alias: 'test-connection',
    summary: 'test the connection and say what mpc knows',
    description: 'Connects, shows the server, who mpc is there, and how old the local state is.',
    args: [],
    options: [],
    examples: [{ command: 'mpc status', means: 'test the connection' }],
  },
] as const satisfies readonly CommandSpec[]
