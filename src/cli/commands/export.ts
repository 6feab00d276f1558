import { dirname, join, resolve } from 'node:path'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { chooseGuests } from '../../export/choose-guests.ts'
import type { Exported, ExportedGuest, ExportSite } from '../../export/export.ts'
import type { Address } from '../../resource/address.ts'
import type { DesiredGuest } from '../../resource/desired.ts'
import { isOfGuest } from '../../resource/resource-kind.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { CommandContext, RunCommand } from '../program/command-context.ts'
import { readDeclarations } from '../session/read-declarations.ts'
import { lastSync, type Session, withSession } from '../session/session.ts'

const FORMATS = ['terraform', 'ansible'] as const
type Format = (typeof FORMATS)[number]

type Exporter = (guests: readonly ExportedGuest[], site: ExportSite) => Exported

const exporterOf: Readonly<Record<Format, () => Promise<Exporter>>> = {
  terraform: async () => (await import('../../export/terraform/export-terraform.ts')).exportTerraform,
  ansible: async () => (await import('../../export/ansible/export-ansible.ts')).exportAnsible,
}

const archivesOf = (guests: readonly DesiredGuest[]): ReadonlyMap<Address, string> =>
  new Map(guests.flatMap(({ address, source }) => (source.by === 'archive' ? [[address, source.volume] as const] : [])))

const siteOf = ({ io }: CommandContext, { settings }: Session, cluster: string): ExportSite => {
  const endpoint = io.env['PROXMOX_VE_ENDPOINT'] ?? settings.endpoint?.origin
  return { cluster, ...(endpoint !== undefined && { endpoint }) }
}

/** Files that are there already; they may hold somebody's work. */
const inTheWay = async (
  { io }: CommandContext,
  folder: string,
  paths: Iterable<string>,
): Promise<readonly string[]> => {
  const found: string[] = []
  for (const path of paths) if (await io.files.exists(join(folder, path))) found.push(path)
  return found
}

const writeFiles = async (
  context: CommandContext,
  folder: string,
  { files }: Exported,
  force: boolean,
): Promise<ExitCode> => {
  const present = force ? [] : await inTheWay(context, folder, files.keys())
  if (present.length > 0) {
    context.report([
      diagnose('cli.file-exists', {
        detail: `${folder} already holds ${present.join(', ')}. Nothing was written. Choose another folder with --out, or overwrite them with --force.`,
      }),
    ])
    return EXIT.error
  }
  for (const [path, text] of files) {
    await context.io.files.makeFolder(dirname(join(folder, path)))
    await context.io.files.writeText(join(folder, path), text)
  }
  return EXIT.done
}

export const run: RunCommand<'export'> = (context, input) =>
  withSession(context, async (session) => {
    const { options } = input
    const format = FORMATS.find((name) => name === options.format)
    if (format === undefined) {
      context.report([
        diagnose('cli.bad-option', {
          detail: 'Say what to write.',
          hint: 'mpc export --format terraform   or   --format ansible',
        }),
      ])
      return EXIT.usage
    }
    const { observed } = await lastSync(session)
    const loaded = await readDeclarations(context, session, { ...input, args: [] }, observed)
    if (!loaded) return EXIT.error
    const declared = loaded.desired.resources.filter(isOfGuest)
    const chosen = chooseGuests(
      observed,
      await session.store.bindings.all(),
      declared.map(({ address }) => address),
      archivesOf(declared),
    )
    context.report(chosen.diagnostics)
    if (chosen.guests.length === 0) {
      context.report([
        diagnose('cli.nothing-to-export', {
          detail: 'None of the declared guests exists on the cluster yet.',
          hint: 'mpc apply',
        }),
      ])
      return EXIT.error
    }
    const exporter = await exporterOf[format]()
    const exported = exporter(chosen.guests, siteOf(context, session, observed.cluster.name))
    const out = options.out ?? format
    const code = await writeFiles(context, resolve(session.folder, out), exported, options.force === true)
    if (code !== EXIT.done) return code
    context.report(exported.diagnostics)
    if (context.global.json)
      context.printJson({ type: 'exported', format, folder: out, files: [...exported.files.keys()] })
    else context.print(`Wrote ${[...exported.files.keys()].map((path) => join(out, path)).join(', ')}\n`)
    return EXIT.done
  })
