import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Simulator } from '../../src/simulator/start.ts'

const run = promisify(execFile)

/** Folder that holds the provider's binary, or undefined (with a line that says so) where there is none to ask. */
export const providerFolder = (): string | undefined => {
  const folder = process.env['MPC_TERRAFORM_PROVIDER'] ?? ''
  const isThere =
    existsSync(join(folder, 'terraform-provider-proxmox')) && spawnSync('terraform', ['version']).status === 0
  if (isThere) return folder
  if (process.env['CI'] === 'true') throw new Error('CI has terraform and the provider bpg/proxmox')
  console.log('skipped: no terraform with the provider bpg/proxmox in $MPC_TERRAFORM_PROVIDER')
  return undefined
}

/** What `terraform show -json` tells of one resource of a plan. */
export interface PlannedChange {
  readonly address: string
  readonly change: {
    readonly actions: readonly string[]
    readonly before: unknown
    readonly after: unknown
    readonly importing?: { readonly id: string }
  }
}

/** Lets the real provider check the files, plan and apply them on a simulated server, and find nothing more to do then. */
export const applyWithProvider = async (
  folder: string,
  { url, token }: Simulator,
  files: ReadonlyMap<string, string>,
): Promise<readonly PlannedChange[]> => {
  const cwd = mkdtempSync(join(tmpdir(), 'mpc-provider-'))
  const settings = join(cwd, 'terraformrc')
  writeFileSync(
    settings,
    `provider_installation {\n  dev_overrides {\n    "bpg/proxmox" = ${JSON.stringify(folder)}\n  }\n}\n`,
  )
  for (const [path, text] of files) writeFileSync(join(cwd, path), text)
  const env = {
    PATH: process.env['PATH'],
    HOME: cwd,
    TF_CLI_CONFIG_FILE: settings,
    CHECKPOINT_DISABLE: '1',
    PROXMOX_VE_ENDPOINT: url,
    PROXMOX_VE_API_TOKEN: token,
    PROXMOX_VE_INSECURE: 'true',
  }
  const terraform = (...args: readonly string[]) => run('terraform', [...args], { cwd, env, maxBuffer: 2 ** 28 })
  try {
    await terraform('validate', '-no-color')
    await terraform('plan', '-no-color', '-input=false', '-out=plan')
    const { stdout } = await terraform('show', '-json', 'plan')
    await terraform('apply', '-no-color', '-input=false', 'plan')
    // Exit code 2 for a plan that is not empty would throw.
    await terraform('plan', '-no-color', '-input=false', '-detailed-exitcode')
    return (JSON.parse(stdout) as { readonly resource_changes?: readonly PlannedChange[] }).resource_changes ?? []
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Paths at which two values differ, dotted: `cpu.0.type`. A value that is nothing in one of them differs as a whole. */
export const differences = (before: unknown, after: unknown, path: readonly string[] = []): readonly string[] => {
  if (!isTree(before) || !isTree(after)) return before === after ? [] : [path.join('.')]
  const [a, b] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) =>
    differences(a.get(key) ?? null, b.get(key) ?? null, [...path, key]),
  )
}
