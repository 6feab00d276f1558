import { MAX_TEXT } from '../syntax/limits.ts'
import type { Template, TemplateFor, TemplateIf, TemplatePart } from '../syntax/tree.ts'
import { convert } from './convert.ts'
import { type Evaluation, fail, spend, tooLong } from './evaluation.ts'
import { bindEntry, collectionOf } from './for-expression.ts'
import { BOOL, STRING } from './type.ts'
import { FAILED, hasFailed, markSensitive, string, textSize, unknownFrom, type Value } from './value.ts'

/** What the parts of a template have come to so far. */
interface Output {
  readonly pieces: string[]
  /** Characters so far; beyond the limit no further pieces are kept. */
  length: number
  sensitive: boolean
  unknown: Value | undefined
}

const add = (output: Output, text: string): void => {
  output.length += text.length
  if (output.length <= MAX_TEXT) output.pieces.push(text)
}

const put = (
  output: Output,
  value: Value,
  at: TemplatePart & { readonly type: 'interpolation' },
  evaluation: Evaluation,
): void => {
  if (value.sensitive) output.sensitive = true
  if (value.kind === 'null') {
    output.unknown = fail(
      evaluation,
      at.expression,
      'This value is null, and null cannot be put into a string. Use coalesce() to give it another value.',
    )
    return
  }
  const converted = convert(value, STRING)
  if (converted.kind === 'failure') {
    const kind = value.kind === 'unknown' ? 'collection' : value.kind
    output.unknown = fail(
      evaluation,
      at.expression,
      `A ${kind} cannot be put into a string. Take one of its elements, or use join() or jsonencode().`,
    )
  } else if (converted.kind === 'string') add(output, converted.value)
  else if (!output.unknown || !hasFailed(output.unknown)) output.unknown = unknownFrom(STRING, converted)
}

const putIf = (output: Output, part: TemplateIf, evaluation: Evaluation): void => {
  const given = evaluation.evaluate(part.condition, evaluation)
  const condition = given.kind === 'null' ? given : convert(given, BOOL)
  if (condition.kind === 'failure' || condition.kind === 'null') {
    const reason = condition.kind === 'null' ? 'it is null' : condition.reason
    output.unknown = fail(evaluation, part.condition, `The condition of %{ if } is unsuitable: ${reason}.`)
    return
  }
  if (condition.sensitive) output.sensitive = true
  if (condition.kind === 'bool') putAll(output, condition.value ? part.whenTrue : part.whenFalse, evaluation)
  else output.unknown ??= unknownFrom(STRING, condition)
}

const putFor = (output: Output, part: TemplateFor, evaluation: Evaluation): void => {
  const collection = collectionOf(part.collection, evaluation)
  if ('kind' in collection) {
    output.unknown ??= collection
    if (collection.sensitive) output.sensitive = true
    return
  }
  if (collection.sensitive) output.sensitive = true
  for (const entry of collection.entries) putAll(output, part.body, bindEntry(evaluation, part.key, part.value, entry))
}

const putAll = (output: Output, parts: readonly TemplatePart[], evaluation: Evaluation): void => {
  for (const part of parts) {
    switch (part.type) {
      case 'text':
        add(output, part.value)
        break
      case 'interpolation':
        put(output, evaluation.evaluate(part.expression, evaluation), part, evaluation)
        break
      case 'if':
        putIf(output, part, evaluation)
        break
      case 'for':
        putFor(output, part, evaluation)
        break
    }
  }
}

/** A string made of text, values and directives. */
export const evaluateTemplate = (template: Template, evaluation: Evaluation): Value => {
  const output: Output = { pieces: [], length: 0, sensitive: false, unknown: undefined }
  putAll(output, template.parts, evaluation)
  if (output.length > MAX_TEXT) return tooLong(evaluation, output.length, template)
  spend(evaluation, textSize(output.length), template)
  const { unknown } = output
  const result = unknown ? (hasFailed(unknown) ? FAILED : unknownFrom(STRING, unknown)) : string(output.pieces.join(''))
  return output.sensitive ? markSensitive(result) : result
}
