import { suggestion } from '../../util/did-you-mean.ts'
import { unknownReason } from '../eval/unknown-reason.ts'
import { hasSensitive, type Value } from '../eval/value.ts'
import type { EvaluatedAttribute, EvaluatedBody } from '../module/evaluated-body.ts'
import { textOf } from './config-value.ts'
import type { Reporter } from './reporter.ts'

/** Reads a resource's own fields: those that are no configuration keys. Null counts as not declared. */
export interface OwnFields {
  readonly text: (name: string) => string | undefined
  readonly flag: (name: string) => boolean | undefined
  readonly choice: <T extends string>(name: string, choices: readonly T[]) => T | undefined
  readonly attribute: (name: string) => EvaluatedAttribute | undefined
  /** Declared as null: left out, and not inherited either. */
  readonly isNull: (name: string) => boolean
  /** Declared as an empty text. */
  readonly isEmpty: (name: string) => boolean
}

const usable = (attribute: EvaluatedAttribute, reporter: Reporter): Value | undefined => {
  const { value, name, expression } = attribute
  if (value.kind === 'unknown') {
    if (!value.failed)
      reporter.problem({
        code: 'declaration.value-not-known',
        detail: `"${name}" needs a value that is known before apply.${unknownReason(value)}`,
        at: expression,
      })
    return undefined
  }
  if (hasSensitive(value) && !('entries' in value) && !('items' in value)) {
    const detail = `"${name}" shows in plans and addresses, so it cannot be sensitive. Use nonsensitive() if it is no secret.`
    reporter.problem({ code: 'declaration.sensitive-value', detail, at: expression })
    return undefined
  }
  return value
}

/** Own fields over those of `defaults`; a null takes an inherited one away. */
export const fieldsOver = (own: OwnFields, below: OwnFields | undefined): OwnFields => {
  if (!below) return own
  const from = (name: string): OwnFields => (own.attribute(name) || own.isNull(name) ? own : below)
  return {
    attribute: (name) => from(name).attribute(name),
    isNull: (name) => from(name).isNull(name),
    isEmpty: (name) => from(name).isEmpty(name),
    text: (name) => from(name).text(name),
    flag: (name) => from(name).flag(name),
    choice: (name, choices) => from(name).choice(name, choices),
  }
}

export const ownFields = (body: EvaluatedBody, reporter: Reporter): OwnFields => {
  const find = (name: string): EvaluatedAttribute | undefined => {
    const attribute = body.attributes.get(name)
    return attribute && attribute.value.kind !== 'null' ? attribute : undefined
  }
  const wrong = (attribute: EvaluatedAttribute, wanted: string): undefined => {
    reporter.problem({
      code: 'declaration.invalid-value',
      detail: `"${attribute.name}" must be ${wanted}.`,
      at: attribute.expression,
    })
    return undefined
  }
  const text = (name: string): string | undefined => {
    const attribute = find(name)
    const value = attribute && usable(attribute, reporter)
    if (!attribute || !value) return undefined
    const found = textOf(value)
    if (found === undefined && 'entries' in value)
      return wrong(attribute, 'a single value, and this is a map or a whole block of values')
    return found === undefined || found === '' ? wrong(attribute, 'a text that is not empty') : found
  }
  return {
    attribute: find,
    isNull: (name) => body.attributes.get(name)?.value.kind === 'null',
    isEmpty: (name) => {
      const value = body.attributes.get(name)?.value
      return value?.kind === 'string' && value.value === ''
    },
    text,
    flag: (name) => {
      const attribute = find(name)
      const value = attribute && usable(attribute, reporter)
      if (!attribute || !value) return undefined
      if (value.kind === 'bool') return value.value
      const found = textOf(value)
      if (found === 'true' || found === '1') return true
      return found === 'false' || found === '0' ? false : wrong(attribute, 'true or false')
    },
    choice: (name, choices) => {
      const attribute = find(name)
      const found = text(name)
      if (!attribute || found === undefined) return undefined
      const chosen = choices.find((choice) => choice === found)
      return (
        chosen ??
        wrong(
          attribute,
          `${choices.map((choice) => `"${choice}"`).join(' or ')}, not "${found}".${suggestion(found, choices)}`.replace(
            /\.$/,
            '',
          ),
        )
      )
    },
  }
}
