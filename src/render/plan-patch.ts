import { type StructuredPatchHunk, structuredPatch } from 'diff'
import { attributeName } from '../kinds/attribute-name.ts'
import { kindOfType } from '../kinds/registry.ts'
import type { Plan, ResourceChange } from '../plan/plan.ts'
import type { AppliedResource } from '../resource/applied.ts'
import { isPropertyMap, isSecret } from '../resource/config-value.ts'
import { asGuest } from '../resource/resource-kind.ts'
import { inOrder } from '../util/natural-order.ts'
import { UNKNOWN, valueLines } from './value-lines.ts'

/** Lines of a value, by the dotted name of its attribute. */
type Document = ReadonlyMap<string, readonly string[]>

const HIDDEN = ['(sensitive)']

/** What is declared, each property on its own. */
const declaredLines = (resource: AppliedResource | null | undefined): Document => {
  const { guest, config } = asGuest(resource) ?? {}
  if (!guest || !config) return new Map()
  const kind = kindOfType(guest.type)
  return new Map(
    Object.entries(config).flatMap(([key, value]) => {
      if (kind.factsFor(key)?.secret === true || isSecret(value)) return [[attributeName(kind, key), HIDDEN] as const]
      if (!isPropertyMap(value)) return [[attributeName(kind, key), valueLines(value)] as const]
      return Object.entries(value).map(([name, inner]) => [attributeName(kind, key, name), valueLines(inner)] as const)
    }),
  )
}

const covers = (one: string, other: string): boolean => one === other || other.startsWith(`${one}.`)

/** The configuration on both sides of a change: what is declared and stays, and what changes. */
const sidesOf = (
  plan: Plan,
  { change, steps }: ResourceChange,
): { readonly before: Document; readonly after: Document } => {
  const own = new Set(steps)
  const binding = plan.steps.findLast(({ id, binding: has }) => own.has(id) && has !== undefined)?.binding
  const kept = binding?.before ? declaredLines(binding.after) : new Map()
  const changed = change.attributes.map(({ name }) => name)
  const stays = [...kept].filter(([name]) => !changed.some((other) => covers(name, other) || covers(other, name)))
  const before = new Map<string, readonly string[]>(stays)
  const after = new Map<string, readonly string[]>(stays)
  for (const { name, before: last, after: next, unknown, sensitive } of change.attributes) {
    if (last !== undefined) before.set(name, sensitive ? HIDDEN : valueLines(last))
    if (unknown) after.set(name, [UNKNOWN])
    else if (next !== undefined)
      after.set(
        name,
        sensitive ? [last === undefined ? '(sensitive)' : '(sensitive, another value)'] : valueLines(next),
      )
  }
  return { before, after }
}

const textOf = (document: Document): string =>
  inOrder([...document], ([name]) => name)
    .flatMap(([name, [first = '', ...below]]) => [`${name} = ${first}`.trimEnd(), ...below])
    .map((line) => `${line}\n`)
    .join('')

/** A name for a file that needs no quotes and leads nowhere, whatever is in the address. */
const fileName = (address: string): string =>
  address.replace(/[^\w.[\]-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )

const side = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`

const hunkLines = ({ oldStart, oldLines, newStart, newLines, lines }: StructuredPatchHunk): readonly string[] => [
  `@@ -${side(oldStart, oldLines)} +${side(newStart, newLines)} @@`,
  ...lines,
]

const EXISTS = { create: [false, true], destroy: [true, false] } as const

const filePatch = (plan: Plan, change: ResourceChange): string => {
  const { before, after } = sidesOf(plan, change)
  const [was, will] = change.action === 'create' || change.action === 'destroy' ? EXISTS[change.action] : [true, true]
  const name = fileName(change.address)
  const { hunks } = structuredPatch(name, name, was ? textOf(before) : '', will ? textOf(after) : '')
  if (hunks.length === 0) return ''
  return [
    `diff --git a/${name} b/${name}`,
    ...(was ? [] : ['new file mode 100644']),
    ...(will ? [] : ['deleted file mode 100644']),
    `--- ${was ? `a/${name}` : '/dev/null'}`,
    `+++ ${will ? `b/${name}` : '/dev/null'}`,
    ...hunks.flatMap(hunkLines),
    '',
  ].join('\n')
}

/** A plan as git shows a change: a file for each resource, with its configuration before and after. Empty when nothing is written. */
export const planPatch = (plan: Plan): string => plan.changes.map((change) => filePatch(plan, change)).join('')
