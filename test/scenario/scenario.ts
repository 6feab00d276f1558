import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { FaultSpec } from '../../src/simulator/fault/fault.ts'
import type { ClusterDescription, GuestDescription, VolumeDescription } from '../../src/simulator/twin/description.ts'
import { parseDescription } from '../../src/simulator/twin/parse-description.ts'

/** What a command must end with and say. Texts are looked for with all white space as one blank; `/…/` is a regular expression. */
export interface CommandExpectation {
  /** More of the command line, as it is typed. */
  readonly with?: string
  /** 0 unless told. */
  readonly exit?: number
  readonly says?: string | readonly string[]
  readonly never?: string | readonly string[]
}

/** A part of the facts: null is absent, a text between slashes a regular expression. */
export type Part = null | string | number | boolean | { readonly [name: string]: Part }

/** One thing that happens, or is looked at, in a scenario. */
export type Act =
  /** Files of the folder from now on; a text alone is `main.mpc.hcl`. */
  | { readonly write: string | Readonly<Record<string, string>> }
  /** Texts in those files, and what stands there instead. */
  | { readonly edit: Readonly<Record<string, string>> }
  | { readonly plan: CommandExpectation }
  | { readonly apply: CommandExpectation }
  /** Undoes the newest plan that was applied. */
  | { readonly revert: CommandExpectation }
  /** Any command line; PLAN is the newest plan that was made. */
  | { readonly mpc: CommandExpectation }
  /** Requests of other people, as `PUT /nodes/pve1/qemu/101/config cores=2`. */
  | { readonly somebody: string | readonly string[] }
  | { readonly fault: FaultSpec }
  /** The faults that were added are over. */
  | { readonly mended: true }
  /** A login of its own from now on: roles by path, and whether its token has rights of its own. */
  | { readonly login: { readonly roles: Readonly<Record<string, string>>; readonly privsep?: boolean } }
  /** Guests as `qemu/101`, of the facts. */
  | { readonly guests: Readonly<Record<string, Part>> }
  | { readonly pools: Readonly<Record<string, Part>> }
  /** Volume ids that must be there (true) or not. */
  | { readonly volumes: Readonly<Record<string, boolean>> }

export interface Scenario {
  /** One sentence: the behaviour. */
  readonly about: string
  /** Guests of `guests.yaml` by name, or described here. */
  readonly guests?: readonly (string | GuestDescription)[]
  readonly volumes?: readonly VolumeDescription[]
  readonly pools?: ClusterDescription['pools']
  /** False: no request is made to fail in further runs of it. */
  readonly fails?: false
  readonly acts: readonly Act[]
}

export const FOLDER = join(process.cwd(), 'fixtures', 'scenarios')

const read = (name: string): unknown => parse(readFileSync(join(FOLDER, name), 'utf8'), { merge: true })

export const readScenario = (name: string): Scenario => read(name) as Scenario

const guestOf = (guest: string | GuestDescription): GuestDescription => {
  if (typeof guest !== 'string') return guest
  const known = (read('guests.yaml') as Readonly<Record<string, GuestDescription>>)[guest]
  if (!known) throw new Error(`guests.yaml has no ${guest}`)
  return known
}

/** The cluster of all scenarios with what this one adds. */
export const clusterOf = ({ guests = [], volumes = [], pools = [] }: Scenario): ClusterDescription => {
  const base = read('cluster.yaml') as ClusterDescription
  const on = (storage: string) => volumes.filter(({ volid }) => volid.startsWith(`${storage}:`))
  const described = parseDescription({
    ...base,
    storages: base.storages?.map((one) => ({ ...one, volumes: [...(one.volumes ?? []), ...on(one.storage)] })),
    pools: [...(base.pools ?? []), ...pools],
    guests: guests.map(guestOf),
  })
  if (!('nodes' in described)) throw new Error(described.join('\n'))
  return described
}
