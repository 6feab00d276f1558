import { dirname, join, relative, resolve } from 'node:path'
import { type Diagnostic, diagnose } from '../diagnostic/diagnostic.ts'
import type { Files } from '../io/io.ts'
import { parseSettings, type Settings } from './settings.ts'

/** A folder with settings, and where everything of it lies. All paths are absolute. */
export interface Workspace {
  readonly root: string
  readonly settingsFile: string
  readonly stateFile: string
  readonly auditFile: string
  readonly backupFolder: string
}

export const SETTINGS_PATH = '.proxmox/config.yml'

/** The paths of a workspace whose root is known. Touches nothing. */
export const workspaceAt = (root: string): Workspace => ({
  root,
  settingsFile: join(root, '.proxmox', 'config.yml'),
  stateFile: join(root, '.proxmox', 'state.db'),
  auditFile: join(root, '.proxmox', 'audit.log'),
  backupFolder: join(root, '.proxmox', 'backups'),
})

/** The nearest workspace at or above a folder; undefined when there is none. */
export const findWorkspace = async (files: Files, from: string): Promise<Workspace | undefined> => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const workspace = workspaceAt(folder)
    if (await files.exists(workspace.settingsFile)) return workspace
    if (dirname(folder) === folder) return undefined
  }
}

export interface OpenedWorkspace {
  readonly workspace?: Workspace
  /** Missing when there were errors. */
  readonly settings?: Settings
  readonly diagnostics: readonly Diagnostic[]
  /** For code frames. */
  readonly sources: ReadonlyMap<string, string>
}

const failed = (diagnostic: Diagnostic): OpenedWorkspace => ({ diagnostics: [diagnostic], sources: new Map() })

/** Finds the workspace and reads its settings. Ranges name the file relative to the workspace's root. */
export const openWorkspace = async (files: Files, from: string): Promise<OpenedWorkspace> => {
  if (!(await files.exists(from)))
    return failed(
      diagnose('project.no-folder', { detail: `There is no folder "${from}". Check the path given with -C.` }),
    )
  const workspace = await findWorkspace(files, from)
  if (!workspace)
    return failed(
      diagnose('project.no-workspace', {
        detail: `Neither "${resolve(from)}" nor a folder above it has a file ${SETTINGS_PATH}. Change to your workspace, name it with -C, or make this folder one.`,
        hint: 'mpc init',
      }),
    )
  const filename = relative(workspace.root, workspace.settingsFile).replaceAll('\\', '/')
  const { value, diagnostics, source } = parseSettings(await files.readText(workspace.settingsFile), filename)
  return { workspace, ...(value && { settings: value }), diagnostics, sources: new Map([[filename, source]]) }
}
