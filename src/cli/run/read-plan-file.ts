import { join, resolve } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { diagnose } from '../../diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import type { Files } from '../../io/io.ts'
import { packageFolder } from '../../io/package-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import { type PlanJson, planJson, planOfJson } from '../../render/plan-json.ts'
import { canonicalJson } from '../../util/canonical-json.ts'
import { visibleJson, visibleLine } from '../../util/visible.ts'
import type { CommandContext } from '../program/command-context.ts'
import { folderOf } from '../session/session.ts'

/** Bytes; a plan for 10,000 guests is a tenth of it. */
const LARGEST = 256 * 1024 * 1024

const refused = (name: string, why: string): DiagnosticError =>
  new DiagnosticError([
    diagnose('cli.bad-plan-file', {
      detail: `${visibleLine(name)} ${why} Nothing was changed. Write the plan again in the workspace it came from:`,
      hint: `mpc plan --out ${/^[\w./-]+$/.test(name) ? name : 'plan.json'}`,
    }),
  ])

const schemaCheck = async (files: Files): Promise<ValidateFunction<PlanJson>> => {
  const schema = JSON.parse(await files.readText(join(packageFolder(), 'schemas', 'plan.schema.json')))
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile<PlanJson>(schema)
}

const parsed = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw refused(name, 'is not the JSON of a plan.')
  }
}

/**
 * A plan out of a file. Nothing in it is believed but what it was asked to be about: whoever carries it out plans again. Throws a diagnostic for a file
 * that is not, byte for byte, what mpc has written: another spelling, a key that stands twice, an unknown key, a fingerprint that is not that of
 * its contents.
 */
export const readPlanFile = async (context: CommandContext, name: string): Promise<Plan> => {
  const { files } = context.io
  const text = (await files.readText(resolve(folderOf(context), name), { atMost: LARGEST })).replace(/\n$/, '')
  const value = parsed(name, text)
  const isPlan = await schemaCheck(files)
  if (!isPlan(value)) {
    const [first] = isPlan.errors ?? []
    throw refused(
      name,
      `is not a plan as this mpc writes one: ${visibleLine(first?.instancePath || 'it')} ${first?.message ?? 'is wrong'}.`,
    )
  }
  const plan = planOfJson(value)
  const edited = 'has been edited since mpc wrote it: its fingerprint is not that of its contents.'
  if (plan.fingerprint !== value.fingerprint || plan.id !== value.id) throw refused(name, edited)
  if (canonicalJson(planJson(plan)) !== canonicalJson(value)) throw refused(name, edited)
  if (text !== JSON.stringify(value) && text !== visibleJson(value))
    throw refused(name, 'is not spelled as mpc wrote it.')
  if (plan.origin.kind !== 'declaration')
    throw refused(name, 'undoes a run, which only the workspace does that made it.')
  return plan
}
