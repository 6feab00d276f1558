import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../../diagnostic/diagnostic-error.ts'
import { timeText } from '../../../render/duration-text.ts'
import type { Paint } from '../../../render/style.ts'
import { parseAddress } from '../../../resource/address.ts'
import type { AuditLine } from '../../../store/audit-lines.ts'
import { counted } from '../../../util/counted.ts'
import { shellWord } from '../../../util/shell-word.ts'
import { EXIT, type ExitCode } from '../../exit-code.ts'
import type { CommandContext, RunCommand } from '../../program/command-context.ts'
import { momentOption } from '../../program/time-option.ts'
import { type Session, withSession } from '../../session/session.ts'

type Filter = (line: AuditLine) => boolean

const text = (line: AuditLine, name: string): string => (typeof line[name] === 'string' ? line[name] : '')

/** Requests name the guest in their path or their parameters. */
const namesVmid = (line: AuditLine, vmid: string): boolean => {
  const params = typeof line['params'] === 'object' && line['params'] !== null ? line['params'] : {}
  const named = ['vmid', 'newid', 'target-vmid', 'vms', 'sid'].flatMap(
    (name) => String(Reflect.get(params, name) ?? '').match(/\d+/g) ?? [],
  )
  return (
    new RegExp(`/(?:qemu|lxc)/${vmid}(?:/|$)|\\b(?:vm|base|subvol|basevol)-${vmid}-`).test(text(line, 'path')) ||
    named.includes(vmid)
  )
}

const requestKey = (line: AuditLine): string =>
  JSON.stringify(['run', 'step', 'direction', 'index'].map((name) => line[name]))

/** Lines about one guest, with the answers to its requests. Throws a diagnostic for what names none. */
const aboutGuest = (guest: string): Filter => {
  const address = /^\d+$/.test(guest) ? undefined : parseAddress(guest)
  if (address === undefined && !/^\d{3,9}$/.test(guest))
    throw new DiagnosticError([
      diagnose('cli.bad-option', {
        detail: `--guest takes a VMID or an address such as vm.web or container.dns["a"], not "${guest}".`,
        hint: "mpc audit --guest 'vm.web[0]'",
      }),
    ])
  const own = new Set<string>()
  return (line) => {
    if (line['step'] === undefined) return false
    const key = requestKey(line)
    const isOwn =
      own.has(key) || (address === undefined ? namesVmid(line, guest) : text(line, 'step').startsWith(`${address}/`))
    if (isOwn) own.add(key)
    return isOwn
  }
}

const paramText = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value)
  return 'secret' in value ? '(secret)' : JSON.stringify(value)
}

const paramsText = (params: unknown): string =>
  Object.entries(typeof params === 'object' && params !== null ? params : {})
    .map(([name, value]) => ` ${name}=${paramText(value)}`)
    .join('')

const who = (line: AuditLine): string => `${text(line, 'user')}@${text(line, 'host')}`

/** What a line tells, for people. */
const lineText = (line: AuditLine, paint: Paint): string => {
  const at = paint('dim', timeText(text(line, 'at')))
  switch (line['event']) {
    case 'command': {
      const problems = Array.isArray(line['problems']) ? line['problems'].join(', ') : ''
      const args = Array.isArray(line['args']) ? line['args'].map((word) => shellWord(String(word))).join(' ') : ''
      return `${at}  ${who(line)}: mpc ${args}: exit ${String(line['exit'])}${problems === '' ? '' : ` (${problems})`}`
    }
    case 'run':
      return `${at}  ${who(line)}: run ${text(line, 'run')} begins`
    case 'end':
      return `${at}  run ${text(line, 'run')} has ended: ${text(line, 'status')}`
    case 'answer': {
      const about = [text(line, 'message'), text(line, 'upid')].filter((part) => part !== '').join(', ')
      return `${at}    ${text(line, 'step')}: ${text(line, 'status')}${about === '' ? '' : `: ${about}`}`
    }
    default: {
      const back = line['direction'] === 'reverse' ? ' (undo)' : ''
      return `${at}    ${text(line, 'step')}${back}: ${text(line, 'method')} ${text(line, 'path')}${paramsText(line['params'])}`
    }
  }
}

const verify = async ({ global, print, printJson, report }: CommandContext, { store }: Session): Promise<ExitCode> => {
  let lines = 0
  for await (const _ of store.audit.lines()) lines += 1
  const problems = await store.audit.verify()
  report(problems)
  if (global.json) printJson({ type: 'audit-verified', lines, sound: problems.length === 0 })
  else if (problems.length === 0)
    print(`The audit log is whole: ${counted(lines, 'line')}, each follows from the one before.\n`)
  return problems.length === 0 ? EXIT.done : EXIT.error
}

const list = async (context: CommandContext, { store }: Session, filters: readonly Filter[]): Promise<ExitCode> => {
  const { global, paint, print, printJson } = context
  let shown = 0
  for await (const line of store.audit.lines()) {
    if (!filters.every((filter) => filter(line))) continue
    shown += 1
    if (global.json) printJson({ type: 'audit', ...line, event: line['event'] ?? 'request' })
    else print(`${lineText(line, paint)}\n`)
  }
  if (shown === 0 && !global.json) print('Nothing is written down that was asked for.\n')
  return EXIT.done
}

export const run: RunCommand<'audit'> = async (context, { options }) => {
  const { since, guest } = options
  // Wrong usage is told before anything is read.
  const from = since === undefined ? undefined : momentOption('since', since, context.io.clock.now())
  const filters: readonly Filter[] = [
    ...(from === undefined ? [] : [(line: AuditLine) => text(line, 'at') >= from]),
    ...(guest === undefined ? [] : [aboutGuest(guest)]),
  ]
  return withSession(context, (session) =>
    options.verify === true ? verify(context, session) : list(context, session, filters),
  )
}
