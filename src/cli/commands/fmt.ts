import { join, relative, resolve } from 'node:path'
import { formatDeclaration, isDeclarationFile } from '../../declaration/format/format-declaration.ts'
import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import type { Files } from '../../io/io.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import type { CommandOptions } from '../program/command-table.ts'

interface Found {
  readonly files: readonly string[]
  readonly problems: readonly Diagnostic[]
}

const isIgnoredFolder = (name: string): boolean => name.startsWith('.') || name === 'node_modules'

const filesIn = async (files: Files, folder: string, recursive: boolean): Promise<readonly string[]> => {
  const entries = await files.list(folder)
  const own = entries.filter(({ name, kind }) => kind === 'file' && isDeclarationFile(name))
  const folders = entries.filter(({ name, kind }) => recursive && kind === 'folder' && !isIgnoredFolder(name))
  const below = await Promise.all(folders.map(({ name }) => filesIn(files, join(folder, name), recursive)))
  return [...own.map(({ name }) => join(folder, name)), ...below.flat()]
}

const unreadable = (path: string, reason: string): Diagnostic =>
  diagnose('declaration.unreadable-file', { detail: `${path} cannot be formatted: ${reason}` })

/** A path is a file when its name says so; any other is a folder, which must be there. */
const findFiles = async (files: Files, cwd: string, paths: readonly string[], recursive: boolean): Promise<Found> => {
  const found: string[] = []
  const problems: Diagnostic[] = []
  for (const path of paths) {
    const full = resolve(cwd, path)
    if (!(await files.exists(full))) problems.push(unreadable(path, 'there is no such file or folder.'))
    else if (/\.(?:hcl|ya?ml)$/.test(path)) found.push(full)
    else if (/\.json$/.test(path)) problems.push(unreadable(path, 'mpc does not format JSON.'))
    else found.push(...(await filesIn(files, full, recursive)))
  }
  return { files: [...new Set(found)].sort(), problems }
}

const unifiedDiff = async (name: string, before: string, after: string): Promise<string> => {
  const { createTwoFilesPatch } = await import('diff')
  return createTwoFilesPatch(name, name, before, after, 'old', 'new').replace(/^(?:Index: .*\n)?=+\n/, '')
}

type Outcome = 'same' | 'changed' | 'failed'

const formatFile = async (context: CommandContext, file: string, options: CommandOptions<'fmt'>): Promise<Outcome> => {
  const { io, global, print, printJson, report } = context
  const name = relative(resolve(io.cwd, global.chdir ?? '.'), file)
  const before = await io.files.readText(file)
  const formatted = await formatDeclaration(name, before)
  if (formatted?.value === undefined) {
    report(formatted?.diagnostics ?? [unreadable(name, 'mpc does not know this file type.')], new Map([[name, before]]))
    return 'failed'
  }
  const { value: after } = formatted
  if (after === before) return 'same'
  if (options.check !== true) await io.files.writeText(file, after)
  const diff = options.diff === true ? await unifiedDiff(name, before, after) : undefined
  if (global.json) printJson({ type: 'formatted', file: name, written: options.check !== true, ...(diff && { diff }) })
  else print(diff ?? `${name}\n`)
  return 'changed'
}

const formatInput = async (context: CommandContext): Promise<ExitCode> => {
  const text = await context.io.stdin.readAll()
  const isYaml = /^\s*(?:#[^\n]*\n\s*)*(?:---|["']?[\w-]+["']?\s*:)/.test(text)
  const name = isYaml ? 'standard input.yaml' : 'standard input.hcl'
  const formatted = await formatDeclaration(name, text)
  context.report(formatted?.diagnostics ?? [], new Map([[name, text]]))
  if (formatted?.value === undefined) return EXIT.error
  context.printExactly(formatted.value)
  return EXIT.done
}

export const run: RunCommand<'fmt'> = async (context, { args, options }) => {
  const { io, global, report } = context
  if (args.length === 1 && args[0] === '-') return formatInput(context)
  const folder = resolve(io.cwd, global.chdir ?? '.')
  const { files, problems } = await findFiles(
    io.files,
    folder,
    args.length > 0 ? args : ['.'],
    options.recursive === true,
  )
  report(problems)
  const outcomes: Outcome[] = []
  for (const file of files) outcomes.push(await formatFile(context, file, options))
  if (problems.length > 0 || outcomes.includes('failed')) return EXIT.error
  return options.check === true && outcomes.includes('changed') ? EXIT.changes : EXIT.done
}
