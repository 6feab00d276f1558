import { dirname, join } from 'node:path'
import { type Checked, diagnose } from '../diagnostic/diagnostic.ts'
import type { Files } from '../io/io.ts'
import { isGroup, type SettingFacts, type SettingGroup, settingGroup } from './setting-facts.ts'
import { parseSettings, type Settings } from './settings.ts'
import { SETTINGS_PATH, type Workspace, workspaceAt } from './workspace.ts'

/** What is known when a workspace is made; everything else is written as a comment to fill in. By dotted name: `tls.fingerprint`. */
export type InitialSettings = Readonly<Record<string, string | boolean | undefined>>

const WIDTH = 100

const comment = (text: string, indent: string): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + indent.length < WIDTH)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}# ${word}`)
  }
  return lines
}

const written = (value: string | boolean): string =>
  typeof value === 'boolean' ? String(value) : JSON.stringify(value)

const settingLines = (name: string, facts: SettingFacts, value: string | boolean | undefined, indent: string) => [
  ...comment(facts.description, indent),
  value === undefined ? `${indent}# ${name}: ${facts.example}` : `${indent}${name}: ${written(value)}`,
]

const groupLines = (group: SettingGroup, values: InitialSettings, path: string, indent: string): readonly string[] =>
  Object.entries(group.settings).flatMap(([name, entry]) => {
    const full = path === '' ? name : `${path}.${name}`
    const gap = indent === '' ? [''] : []
    if (!isGroup(entry)) return [...gap, ...settingLines(name, entry, values[full], indent)]
    return [
      ...gap,
      ...comment(entry.description, indent),
      `${indent}${name}:`,
      ...groupLines(entry, values, full, `${indent}  `),
    ]
  })

/** The text of a new settings file: every setting explained, those that are known filled in. */
export const settingsText = (values: InitialSettings): string =>
  `${[...comment(settingGroup.description, ''), ...groupLines(settingGroup, values, '', '')].join('\n')}\n`

const IGNORED = ['.proxmox/*', '!.proxmox/config.yml']

/** Adds what Git must not see; keeps everything that is there. */
const ignoreState = async (files: Files, root: string): Promise<void> => {
  const path = join(root, '.gitignore')
  const text = (await files.exists(path)) ? await files.readText(path) : ''
  const present = new Set(text.split('\n').map((line) => line.trim()))
  const missing = IGNORED.filter((line) => !present.has(line))
  if (missing.length === 0) return
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  await files.writeText(path, `${start}${missing.join('\n')}\n`)
}

/** A workspace that could be made; nothing is written yet. */
export interface PlannedWorkspace {
  readonly workspace: Workspace
  readonly settings: Settings
  readonly text: string
}

/** What `initWorkspace` would write. Refuses when the folder is a workspace already (unless `force`) or a value would not be accepted. */
export const planWorkspace = async (
  files: Files,
  root: string,
  values: InitialSettings,
  { force }: { readonly force: boolean },
): Promise<Checked<PlannedWorkspace>> => {
  const workspace = workspaceAt(root)
  if (!force && (await files.exists(workspace.settingsFile)))
    return {
      value: undefined,
      diagnostics: [
        diagnose('project.workspace-exists', {
          detail: `${SETTINGS_PATH} exists in "${root}". Edit it, or replace it with --force.`,
          hint: 'mpc status tests the connection it describes.',
        }),
      ],
    }
  const text = settingsText(values)
  const { value: settings, diagnostics } = parseSettings(text, SETTINGS_PATH)
  if (!settings) return { value: undefined, diagnostics: diagnostics.map(({ range: _, ...rest }) => rest) }
  return { value: { workspace, settings, text }, diagnostics: [] }
}

/** Writes `.proxmox/config.yml` and adds to `.gitignore`, making the folder where there is none. */
export const writeWorkspace = async (files: Files, { workspace, text }: PlannedWorkspace): Promise<void> => {
  await files.makeFolder(workspace.root)
  await files.makeFolder(dirname(workspace.settingsFile), { mode: 0o700 })
  await files.writeText(workspace.settingsFile, text, { mode: 0o644 })
  await ignoreState(files, workspace.root)
}
