import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { readConnection } from '../../project/connection.ts'
import type { Settings } from '../../project/settings.ts'
import type { ProxmoxClient } from '../../proxmox/client.ts'
import type { CommandContext } from '../program/command-context.ts'

const READS = 'this command only reads'

/** The settings forbid writing whatever command is at work. */
const whyReadOnly = ({ guards }: Settings, readOnly: boolean): string | undefined => {
  if (readOnly) return READS
  return guards.readOnly && 'read_only is set in .proxmox/config.yml'
}

/** A client for the server that settings and environment name. Sends nothing yet. Throws a DiagnosticError when something of it is missing. */
export const connect = async (
  context: CommandContext,
  root: string,
  settings: Settings,
  { readOnly }: { readonly readOnly: boolean },
): Promise<ProxmoxClient> => {
  const { value, diagnostics } = await readConnection(context.io, root, settings)
  if (!value) throw new DiagnosticError(diagnostics)
  if (readOnly) context.report(diagnostics)
  const { createClient } = await import('../../proxmox/client.ts')
  const why = whyReadOnly(settings, readOnly)
  return createClient({
    ...value,
    ...(why !== undefined && { readOnly: why }),
    clock: context.io.clock,
    trace: ({ method, path, attempt, status, error, milliseconds }) =>
      context.trace(
        `${method} ${path} → ${status ?? error ?? '?'} in ${milliseconds.toFixed(0)} ms${attempt > 1 ? ` (try ${attempt})` : ''}`,
      ),
  })
}
