import type { Checked, Diagnostic } from '../diagnostic/diagnostic.ts'
import { diagnose } from '../diagnostic/diagnostic.ts'
import { type Guards, NO_GUARDS } from '../plan/guards.ts'
import { type Endpoint, readEndpoint } from '../proxmox/endpoint.ts'
import { canonicalFingerprint } from '../proxmox/fingerprint.ts'
import { readSettingsFile, type SettingValues } from './read-settings-file.ts'
import { isGroup, type SettingGroup, settingGroup } from './setting-facts.ts'

/** What `.proxmox/config.yml` says, checked. Paths are as written: relative ones start at the workspace. */
export interface Settings {
  readonly endpoint?: Endpoint
  readonly tls: { readonly caFile?: string; readonly fingerprint?: string; readonly insecure: boolean }
  readonly credentials: { readonly tokenFile?: string; readonly command?: readonly string[] }
  /** What no plan may do, whoever asks for it. */
  readonly guards: Guards
  readonly defaults: {
    readonly node?: string
    readonly storage?: string
    readonly backupStorage?: string
    readonly vmids: { readonly first: number; readonly last: number }
    readonly parallelism: number
    /** Minutes a task may take before the run is suspended. */
    /** Minutes; missing: as long as a task shows progress. */
    readonly taskTimeout?: number
  }
  /** What is written there that a person has to agree to first, with what it could be used for. */
  readonly toTrust: readonly { readonly name: string; readonly value: string; readonly risk: string }[]
}

export const DEFAULT_SETTINGS: Settings = {
  tls: { insecure: false },
  credentials: {},
  guards: NO_GUARDS,
  defaults: { vmids: { first: 100, last: 999_999_999 }, parallelism: 8 },
  toTrust: [],
}

export interface ParsedSettings extends Checked<Settings> {
  /** The text for code frames: values that look like secrets are blotted out. */
  readonly source: string
}

const given = <T>(name: string, value: T | undefined): { readonly [key: string]: T } =>
  value === undefined ? {} : { [name]: value }

const endpointOf = (values: SettingValues, problems: Diagnostic[]): Endpoint | undefined => {
  const text = values.text('endpoint')
  if (text === undefined) return undefined
  const { endpoint, problem } = readEndpoint(text)
  if (problem !== undefined)
    problems.push(diagnose('project.invalid-endpoint', { detail: problem, range: values.range('endpoint') }))
  return endpoint
}

const fingerprintOf = (values: SettingValues, problems: Diagnostic[]): string | undefined => {
  const fingerprint = values.text('tls.fingerprint')
  if (fingerprint === undefined) return undefined
  for (const other of ['tls.insecure', 'tls.ca_file'])
    if (values.text(other) !== undefined || values.flag(other) === true)
      problems.push(
        diagnose('project.invalid-setting', {
          detail: `A pinned fingerprint makes "${other}" meaningless: only the pinned certificate is accepted. Remove one of the two.`,
          range: values.range(other),
        }),
      )
  return canonicalFingerprint(fingerprint)
}

const vmidsOf = (values: SettingValues, problems: Diagnostic[]): Settings['defaults']['vmids'] => {
  const first = values.number('defaults.vmids.first') ?? DEFAULT_SETTINGS.defaults.vmids.first
  const last = values.number('defaults.vmids.last') ?? DEFAULT_SETTINGS.defaults.vmids.last
  if (first > last)
    problems.push(
      diagnose('project.invalid-setting', {
        detail: `The range of VMIDs is empty: it begins at ${first} and ends at ${last}. Write the lower number as "first".`,
        range: values.range('defaults.vmids.first') ?? values.range('defaults.vmids.last'),
      }),
    )
  return { first, last }
}

const guardsOf = (values: SettingValues): Guards => {
  const most = values.number('max_destroy')
  return {
    ...(values.flag('read_only') === true && { readOnly: { range: values.range('read_only') } }),
    protect: values.rules('protect'),
    ...(most !== undefined && { maxDestroy: { most, range: values.range('max_destroy') } }),
  }
}

const toTrust = (values: SettingValues, group: SettingGroup, prefix = ''): Settings['toTrust'] =>
  Object.entries(group.settings).flatMap(([own, entry]) => {
    const name = `${prefix}${own}`
    if (isGroup(entry)) return toTrust(values, entry, `${name}.`)
    const value = values.text(name) ?? values.flag(name)?.toString() ?? values.words(name)?.join(' ')
    return entry.risk === undefined || value === undefined ? [] : [{ name, value, risk: entry.risk }]
  })

/** Reads settings; all mistakes are reported together, each with its place in `filename`. */
export const parseSettings = (text: string, filename: string): ParsedSettings => {
  const { values, diagnostics, source } = readSettingsFile(text, filename)
  const problems = [...diagnostics]
  const command = values.words('credentials.command')
  const settings: Settings = {
    ...given('endpoint', endpointOf(values, problems)),
    tls: {
      insecure: values.flag('tls.insecure') ?? false,
      ...given('caFile', values.text('tls.ca_file')),
      ...given('fingerprint', fingerprintOf(values, problems)),
    },
    credentials: { ...given('tokenFile', values.text('credentials.token_file')), ...given('command', command) },
    guards: guardsOf(values),
    defaults: {
      ...given('node', values.text('defaults.node')),
      ...given('storage', values.text('defaults.storage')),
      ...given('backupStorage', values.text('defaults.backup_storage')),
      vmids: vmidsOf(values, problems),
      parallelism: values.number('defaults.parallelism') ?? DEFAULT_SETTINGS.defaults.parallelism,
      ...given('taskTimeout', values.number('defaults.task_timeout')),
    },
    toTrust: toTrust(values, settingGroup),
  }
  const ordered = problems.sort((a, b) => (a.range?.start.byte ?? 0) - (b.range?.start.byte ?? 0))
  return { value: ordered.length > 0 ? undefined : settings, diagnostics: ordered, source }
}
