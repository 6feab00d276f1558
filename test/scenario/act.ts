import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Simulator } from '../../src/simulator/start.ts'
import type { Folder, HereResult } from '../cli/run-here.ts'
import type { ContentGuard } from '../nothing-lost.ts'
import { senderFor } from '../property/others.ts'
import type { Act, CommandExpectation, Part } from './scenario.ts'

/** Where a scenario takes place. */
export interface Stage {
  readonly simulator: Simulator
  readonly folder: Folder
  readonly guard: ContentGuard
  readonly env: Record<string, string>
  /** The newest plan that was applied. */
  applied: string | undefined
  /** The newest plan that was made. */
  planned: string | undefined
}

const list = (value: string | readonly string[] = []): readonly string[] =>
  typeof value === 'string' ? [value] : value

const pattern = (text: string): RegExp | undefined => {
  const inner = /^\/(.*)\/$/s.exec(text)?.[1]
  return inner === undefined ? undefined : new RegExp(inner)
}

const stands = (text: string, wanted: string): boolean => pattern(wanted)?.test(text) ?? text.includes(wanted)

export const textOf = ({ stdout, stderr }: HereResult): string => `${stdout}\n${stderr}`.replace(/\s+/g, ' ')

export const runCommand = ({ folder, env }: Stage, args: readonly string[]): Promise<HereResult> =>
  folder.run(args, { env })

const hold = (result: HereResult, args: readonly string[], { exit = 0, says, never }: CommandExpectation): void => {
  const shown = `mpc ${args.join(' ')}\n${result.stdout}\n${result.stderr}`
  assert.is(result.code, exit, shown)
  for (const wanted of list(says)) assert.ok(stands(textOf(result), wanted), `says ${wanted}: ${shown}`)
  for (const not of list(never)) assert.not.ok(stands(textOf(result), not), `never says ${not}: ${shown}`)
}

const words = (text = ''): readonly string[] => text.split(' ').filter((word) => word !== '')

/** The command line of an act that runs one. */
export const commandOf = (act: Act, { applied, planned }: Stage): readonly string[] | undefined => {
  if ('plan' in act) return ['plan', ...words(act.plan.with)]
  if ('apply' in act) return ['apply', '--auto-approve', ...words(act.apply.with)]
  if ('revert' in act) return ['revert', applied ?? 'none', '--auto-approve', ...words(act.revert.with)]
  return 'mpc' in act ? words(act.mpc.with).map((word) => word.replace('PLAN', planned ?? 'none')) : undefined
}

export const expectationOf = (act: Act): CommandExpectation =>
  'plan' in act ? act.plan : 'apply' in act ? act.apply : 'revert' in act ? act.revert : 'mpc' in act ? act.mpc : {}

const differs = (actual: unknown, wanted: Part, path: string): readonly string[] => {
  if (wanted === null) return actual === undefined || actual === null ? [] : [`${path} is ${JSON.stringify(actual)}`]
  if (typeof wanted === 'object')
    return Object.entries(wanted).flatMap(([key, part]) =>
      differs((actual as Record<string, unknown> | undefined)?.[key], part, `${path} ${key}`),
    )
  const text = typeof actual === 'string' ? actual : JSON.stringify(actual)
  const isSo = pattern(String(wanted))?.test(text ?? '') ?? text === String(wanted)
  return isSo ? [] : [`${path} is ${text}, not ${wanted}`]
}

const somebody = async ({ simulator, guard }: Stage, requests: string | readonly string[]): Promise<void> => {
  const send = senderFor(simulator)
  for (const request of list(requests)) {
    const [method = '', path = '', ...params] = words(request)
    const pairs = params.map((param) => [param.slice(0, param.indexOf('=')), param.slice(param.indexOf('=') + 1)])
    const isDone = await guard.byOthers(() => send(method, path, Object.fromEntries(pairs)))
    assert.ok(isDone, `the server refused ${request}`)
  }
}

/** A user with these roles, and a token of it; commands use that from now on. */
const logIn = async (stage: Stage, roles: Readonly<Record<string, string>>, privsep: boolean): Promise<void> => {
  const { world } = stage.simulator
  await somebody(stage, 'POST /access/users userid=dev@pve')
  for (const [path, role] of Object.entries(roles))
    await somebody(stage, `PUT /access/acl path=${path} users=dev@pve roles=${role}`)
  await somebody(stage, `POST /access/users/dev@pve/token/one privsep=${privsep ? 1 : 0}`)
  const secret = world.access.users.get('dev@pve')?.tokens.get('one')?.secret
  stage.env['PROXMOX_VE_API_TOKEN'] = `dev@pve!one=${secret}`
}

const write = ({ folder }: Stage, files: string | Readonly<Record<string, string>>): void => {
  for (const name of readdirSync(folder.path)) if (/\.mpc\.\w+$/.test(name)) rmSync(join(folder.path, name))
  for (const [name, text] of Object.entries(typeof files === 'string' ? { 'main.mpc.hcl': files } : files))
    folder.write(name, text)
}

const edit = ({ folder }: Stage, texts: Readonly<Record<string, string>>): void => {
  for (const name of readdirSync(folder.path).filter((file) => /\.mpc\.\w+$/.test(file)))
    writeFileSync(
      join(folder.path, name),
      Object.entries(texts).reduce((text, [from, to]) => text.replaceAll(from, to), folder.read(name)),
    )
}

/** Runs the command of an act, and holds what comes of it against what was expected; gives the result. */
export const runAct = async (stage: Stage, act: Act): Promise<HereResult | undefined> => {
  const args = commandOf(act, stage)
  if (!args) {
    await doAct(stage, act)
    return undefined
  }
  const result = await runCommand(stage, args)
  hold(result, args, expectationOf(act))
  stage.planned = /Apply it with: mpc apply (p-\w+)/.exec(textOf(result))?.[1] ?? stage.planned
  stage.applied = /Undo it with: mpc revert (p-\w+)/.exec(textOf(result))?.[1] ?? stage.applied
  return result
}

const doAct = async (stage: Stage, act: Act): Promise<void> => {
  const { simulator } = stage
  const { guests, pools, volumes } = structuredClone(simulator.facts())
  if ('write' in act) write(stage, act.write)
  else if ('edit' in act) edit(stage, act.edit)
  else if ('somebody' in act) await somebody(stage, act.somebody)
  else if ('fault' in act) simulator.faults.add(act.fault)
  else if ('mended' in act) simulator.faults.clear()
  else if ('login' in act) await logIn(stage, act.login.roles, act.login.privsep ?? false)
  else if ('guests' in act) assert.equal(differs(guests, act.guests, ''), [])
  else if ('pools' in act) assert.equal(differs(pools, act.pools, ''), [])
  else if ('volumes' in act) {
    const there = new Set(Object.values(volumes).map(({ volid }) => volid))
    for (const [volid, isThere] of Object.entries(act.volumes))
      assert.is(there.has(volid), isThere, `${volid}; there are ${[...there].join(', ')}`)
  } else throw new Error(`no such act: ${JSON.stringify(act)}`)
}
