import { type Diagnostic, diagnose } from '../../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../../diagnostic/diagnostic-error.ts'
import { kindOfType } from '../../../kinds/registry.ts'
import { sectionsText } from '../../../render/inventory/sections.ts'
import { parseAddressPattern } from '../../../resource/address.ts'
import type { Applied, AppliedResource } from '../../../resource/applied.ts'
import { type ConfigValue, isPropertyMap, isSecret } from '../../../resource/config-value.ts'
import type { DesiredResource } from '../../../resource/desired.ts'
import type { Observed, ObservedGuest } from '../../../resource/observed.ts'
import { asGuest, isOfGuest } from '../../../resource/resource-kind.ts'
import { counted } from '../../../util/counted.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { EXIT, type ExitCode } from '../../exit-code.ts'
import { recordsOf } from '../../import/prove.ts'
import { askYes, whyNobody } from '../../program/ask-yes.ts'
import type { CommandContext, CommandInput, RunCommand } from '../../program/command-context.ts'
import type { CommandOptions } from '../../program/command-table.ts'
import { readDeclarations } from '../../session/read-declarations.ts'
import { lastSync, type Session, withSession } from '../../session/session.ts'

type Input = CommandInput<CommandOptions<'state'>>
type Action = (context: CommandContext, session: Session, input: Input, args: readonly string[]) => Promise<ExitCode>

const fail = (...problems: readonly Diagnostic[]): never => {
  throw new DiagnosticError(problems)
}

const misused = (detail: string, hint: string): never => fail(diagnose('cli.bad-option', { detail, hint }))

/** What an address stands for: itself, all instances of it, or everything in a module. */
const chosen = (applied: Applied, texts: readonly string[]): readonly AppliedResource[] => {
  const found = new Set<AppliedResource>()
  for (const text of texts) {
    const pattern = parseAddressPattern(text)
    const own = applied.filter(
      ({ address }) =>
        pattern !== undefined &&
        (address === pattern || address.startsWith(`${pattern}[`) || address.startsWith(`${pattern}.`)),
    )
    if (own.length === 0) {
      const addresses = applied.map(({ address }) => address)
      fail(
        diagnose('cli.no-such-thing', {
          detail: `Nothing is bound to "${text}".${suggestion(text, addresses)}`,
          hint: 'mpc state list',
        }),
      )
    }
    for (const resource of own) found.add(resource)
  }
  return [...found]
}

const standsFor = (resource: AppliedResource): string => {
  if (!isOfGuest(resource)) return `pool ${resource.poolid}`
  const { type, vmid, node } = resource.guest
  return `${kindOfType(type).label} ${vmid} on ${node}`
}

const jsonOf = (resource: AppliedResource): object => ({
  address: resource.address,
  kind: resource.kind,
  ...(isOfGuest(resource) ? { vmid: resource.guest.vmid, node: resource.guest.node } : { pool: resource.poolid }),
})

const list: Action = async ({ global, print, printJson, note }, { store }, _input, args) => {
  const applied = await store.bindings.all()
  const own = args.length === 0 ? applied : chosen(applied, args)
  if (global.json) printJson({ type: 'state', resources: own.map(jsonOf) })
  else if (own.length === 0) note('Nothing is managed here yet. Take over what exists with: mpc import --all\n')
  else print(`${own.map(({ address }) => address).join('\n')}\n`)
  return EXIT.done
}

const valueText = (value: ConfigValue): string => {
  if (isSecret(value)) return '(sensitive)'
  if (Array.isArray(value)) return value.join(', ')
  if (!isPropertyMap(value)) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${isSecret(inner) ? '(sensitive)' : String(inner)}`)
    .join(',')
}

/** A secret is kept by reference; that is nothing to show. */
const withoutSecrets = ({ config }: AppliedResource): object =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, isSecret(value) ? null : value]))

const show: Action = async ({ io, global, paint, print, printJson }, { store }, _input, args) => {
  if (args.length === 0) misused('Say which resource to show.', 'mpc state show vm.web')
  for (const resource of chosen(await store.bindings.all(), args)) {
    const { address, config, preventDestroy, onDestroy } = resource
    const { power, pool } = asGuest(resource) ?? {}
    if (global.json) {
      const more = {
        applied: withoutSecrets(resource),
        power: power ?? null,
        prevent_destroy: preventDestroy,
        on_destroy: onDestroy,
      }
      printJson({ type: 'resource', ...jsonOf(resource), ...more })
      continue
    }
    const lifecycle = `${onDestroy}${preventDestroy ? ', never destroyed' : ''}`
    const sections = [
      {
        title: address,
        pairs: [
          ['bound to', standsFor(resource)],
          ['when destroyed', lifecycle],
          ...(power === undefined ? [] : [['power', power] as const]),
          ...(pool === undefined ? [] : [['pool', pool] as const]),
        ] as const,
      },
      { title: 'Applied last', pairs: Object.entries(config).map(([key, value]) => [key, valueText(value)] as const) },
    ]
    print(sectionsText(sections, { room: io.stdout.columns, paint }))
  }
  return EXIT.done
}

const approved = async (context: CommandContext, input: Input, text: string, command: string): Promise<ExitCode> => {
  if (input.options.autoApprove === true) return EXIT.done
  if (!context.global.json) context.print(text)
  const answer = await askYes(context, '\nGo on?')
  if (answer === 'yes') return EXIT.done
  if (answer === 'nobody')
    context.report([
      diagnose('cli.needs-approval', {
        detail: `There is no terminal to ask on: ${whyNobody(context)}. Nothing was changed.`,
        hint: `${command} --auto-approve`,
      }),
    ])
  else context.note('Nothing was changed.\n')
  return answer === 'interrupted' ? EXIT.interrupted : EXIT.refused
}

const forget: Action = async (context, session, input, args) => {
  if (args.length === 0) misused('Say which resources to forget.', 'mpc state forget vm.web')
  const own = chosen(await session.store.bindings.all(), args)
  const lines = own.map((resource) => `  ${resource.address} (${standsFor(resource)})`)
  const text = `mpc would forget:\n${lines.join('\n')}\n\nThey stay on the cluster as they are. What is still declared afterwards counts as new: take its declaration away, or bind it again\nwith mpc import.\n`
  const answer = await approved(context, input, text, `mpc state forget ${args.map((arg) => `'${arg}'`).join(' ')}`)
  if (answer !== EXIT.done) return answer
  await session.alone('mpc state forget', async () => {
    await session.store.bindings.removeAll(own.map(({ address }) => address))
  })
  if (context.global.json) context.printJson({ type: 'forgotten', addresses: own.map(({ address }) => address) })
  else context.print(`Forgot ${counted(own.length, 'resource')}. Nothing on the cluster was changed.\n`)
  return EXIT.done
}

const guestFor = ({ guests }: Observed, resource: DesiredResource, id: string): ObservedGuest | undefined => {
  if (resource.kind === 'pool') return undefined
  const vmid = /(?:^|\/)(\d+)$/.exec(id)?.[1]
  const guest = guests.find((one) => String(one.vmid) === vmid)
  if (!guest)
    return fail(
      diagnose('cli.no-such-guest', {
        detail: `The last sync saw no guest "${id}". Write its VMID, and read the cluster if it is new.`,
        hint: 'mpc sync',
      }),
    )
  if (kindOfType(guest.type).name !== resource.kind)
    return fail(
      diagnose('cli.no-such-guest', {
        detail: `\`${resource.address}\` is declared as a ${resource.kind}, and ${guest.vmid} (${guest.name}) is a ${kindOfType(guest.type).name}.`,
      }),
    )
  return guest
}

const declaredAt = async (
  context: CommandContext,
  session: Session,
  input: Input,
  text: string,
  observed: Observed,
) => {
  const loaded = await readDeclarations(context, session, { ...input, args: [] }, observed, { mayBeEmpty: true })
  if (!loaded) return undefined
  const { resources } = loaded.desired
  const address = parseAddressPattern(text)
  const resource = resources.find((one) => one.address === address)
  if (resource) return { resource, desired: loaded.desired }
  return fail(
    diagnose('cli.no-such-thing', {
      detail: `"${text}" is not declared.${suggestion(
        text,
        resources.map((one) => one.address),
      )} Declare it first, or let mpc import write its declaration.`,
      hint: 'mpc import 101',
    }),
  )
}

const bind: Action = async (context, session, input, args) => {
  const [text, id, ...more] = args
  if (text === undefined || id === undefined || more.length > 0)
    return misused('Say which declared resource is to be bound to which guest.', 'mpc state bind vm.web 101')
  const { observed } = await lastSync(session)
  const found = await declaredAt(context, session, input, text, observed)
  if (!found) return EXIT.error
  const { resource, desired } = found
  const guest = guestFor(observed, resource, id)
  const poolid = resource.kind === 'pool' ? resource.poolid : undefined
  if (poolid !== undefined && (poolid !== id || !observed.pools.some((pool) => pool.poolid === id)))
    fail(
      diagnose('cli.no-such-thing', {
        detail: `\`${resource.address}\` declares the pool "${poolid}", which ${poolid === id ? 'the last sync did not see' : `is not "${id}"`}.`,
      }),
    )
  await session.alone('mpc state bind', async () => {
    const applied = await session.store.bindings.all()
    const other = applied.find(
      (one) => one.address === resource.address || (guest && asGuest(one)?.guest.vmid === guest.vmid),
    )
    if (other)
      fail(
        diagnose('cli.bound-already', {
          detail: `\`${other.address}\` is bound to ${standsFor(other)} already. Forget that first.`,
          hint: `mpc state forget '${other.address}'`,
        }),
      )
    await session.store.bindings.putAll(recordsOf(desired, [{ address: resource.address, ...(guest && { guest }) }]))
  })
  if (context.global.json) context.printJson({ type: 'bound', address: resource.address, id })
  else
    context.print(
      `Bound ${resource.address} to ${id}. Nothing on the cluster was changed; what a plan would change shows: mpc plan\n`,
    )
  return EXIT.done
}

const ACTIONS: { readonly [name: string]: Action } = { list, show, forget, bind }

/** Terraform's words that mean something else here. */
const ELSEWHERE: { readonly [name: string]: string } = {
  rm: 'mpc state forget vm.web',
  mv: 'moved {\n  from = vm.old\n  to   = vm.new\n}',
  pull: 'mpc state list --json',
}

export const run: RunCommand<'state'> = (context, input) =>
  withSession(context, async (session) => {
    const [name = '', ...args] = input.args
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    if (action) return action(context, session, input, args)
    const hint = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined
    const detail = `mpc state has no "${name}".${suggestion(name, Object.keys(ACTIONS))} There are: ${Object.keys(ACTIONS).join(', ')}.`
    return misused(detail, hint ?? 'mpc state list')
  })
