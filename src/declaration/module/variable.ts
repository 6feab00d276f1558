import { didYouMean } from '../../util/did-you-mean.ts'
import { convert } from '../eval/convert.ts'
import { bounded, fail, spend } from '../eval/evaluation.ts'
import { BOOL, DYNAMIC, STRING } from '../eval/type.ts'
import { FAILED, markSensitive, sizeOf, string, type Value } from '../eval/value.ts'
import { rangeOf } from '../syntax/source.ts'
import { type Block, blocksOf, type Expression } from '../syntax/tree.ts'
import { BLOCK_RULES } from './block/block-rule.ts'
import { attributeNamed } from './block/gather.ts'
import { constantEvaluation } from './constant.ts'
import { evaluationIn, type ModuleScope } from './scope.ts'
import { type Constraint, constraintOf, withDefaults } from './type-constraint.ts'
import type { GivenValue, World } from './world.ts'

const flag = (world: World, block: Block, name: string, otherwise: boolean): boolean => {
  const attribute = attributeNamed(block.body, name)
  if (!attribute) return otherwise
  const evaluation = constantEvaluation(world)
  const value = evaluation.evaluate(attribute.expression, evaluation)
  const converted = convert(value, BOOL)
  if (converted.kind === 'bool') return converted.value
  if (value !== FAILED)
    fail(evaluation, attribute.expression, `${name} must be true or false.`, 'declaration.invalid-value')
  return otherwise
}

/** Text of an attribute that must be a constant string; undefined where it is missing or something else. */
const constantText = (world: World, block: Block, name: string): string | undefined => {
  const attribute = attributeNamed(block.body, name)
  if (!attribute) return undefined
  const evaluation = constantEvaluation(world)
  const value = convert(evaluation.evaluate(attribute.expression, evaluation), STRING)
  return value.kind === 'string' ? value.value : undefined
}

interface DeclaredVariable {
  readonly name: string
  readonly block: Block
  readonly constraint: Constraint
  /** A type is written. */
  readonly typed: boolean
  readonly sensitive: boolean
  readonly nullable: boolean
}

const declaredVariable = (world: World, name: string, block: Block): DeclaredVariable => {
  const type = attributeNamed(block.body, 'type')
  return {
    name,
    block,
    constraint: type ? constraintOf(type.expression, constantEvaluation(world)) : { type: DYNAMIC },
    typed: type !== undefined,
    sensitive: flag(world, block, 'sensitive', false),
    nullable: flag(world, block, 'nullable', true),
  }
}

const isPlain = ({ typed, constraint: { type } }: DeclaredVariable): boolean =>
  !typed || type.kind === 'string' || type.kind === 'number' || type.kind === 'bool'

interface Given {
  readonly value: Value
  readonly at: Expression | undefined
  readonly from: string
}

const givenValue = (scope: ModuleScope, declared: DeclaredVariable): Given | undefined => {
  const { world } = scope
  if (scope.parent) {
    const value = scope.input(declared.name)
    return value && { value, at: scope.inputAt(declared.name), from: 'the module call' }
  }
  const given: GivenValue | undefined = world.given.get(declared.name)
  if (!given) return undefined
  const evaluation = constantEvaluation(world)
  if (given.by === 'expression')
    return {
      value: evaluation.evaluate(given.expression, evaluation),
      at: given.expression,
      from: 'the file',
    }
  if (isPlain(declared)) return { value: string(given.text), at: undefined, from: given.from }
  const expression = world.parseText(given.text, given.from)
  return {
    value: evaluation.evaluate(expression, evaluation),
    at: expression,
    from: given.from,
  }
}

const refuse = (scope: ModuleScope, declared: DeclaredVariable, given: Given, reason: string): Value => {
  const { filename, start } = rangeOf(declared.block.header)
  const shown = declared.sensitive ? '' : ` (from ${given.from})`
  scope.world.problem({
    code: 'declaration.invalid-variable',
    detail: `The value of the variable "${declared.name}"${shown} does not fit its type: ${reason}. The variable is declared at ${filename}:${start.line}.`,
    at: given.at ?? declared.block.header,
  })
  return FAILED
}

const fitted = (scope: ModuleScope, declared: DeclaredVariable, given: Given): Value => {
  const { type, defaults } = declared.constraint
  const evaluation = constantEvaluation(scope.world)
  if (type !== DYNAMIC) spend(evaluation, sizeOf(given.value), given.at ?? declared.block.header)
  const converted = convert(defaults ? withDefaults(given.value, defaults) : given.value, type)
  if (converted.kind === 'failure') return refuse(scope, declared, given, converted.reason)
  return bounded(evaluation, converted, given.at ?? declared.block.header)
}

const defaultValue = (scope: ModuleScope, declared: DeclaredVariable): Value | undefined => {
  const attribute = attributeNamed(declared.block.body, 'default')
  if (!attribute) return undefined
  const evaluation = constantEvaluation(scope.world)
  const value = evaluation.evaluate(attribute.expression, evaluation)
  if (value.kind === 'null' && !declared.nullable) {
    scope.world.problem({
      code: 'declaration.invalid-variable',
      detail: `The default of the variable "${declared.name}" is null, which nullable = false forbids. Give it another default, or none.`,
      at: attribute.expression,
    })
    return FAILED
  }
  return fitted(scope, declared, {
    value,
    at: attribute.expression,
    from: 'its default',
  })
}

/** It is reported as an unknown attribute or block, and that is enough. */
const misspeltDefault = ({ body }: Block): boolean =>
  body.items.some(({ name }) => didYouMean(name.text, VARIABLE_ATTRIBUTES) === 'default')

const VARIABLE_ATTRIBUTES = Object.keys(BLOCK_RULES['variable']?.attributes ?? {})

const missing = (scope: ModuleScope, { name, block, sensitive }: DeclaredVariable): Value => {
  const { world } = scope
  const description = constantText(world, block, 'description')
  if (scope.parent) {
    world.problem({
      code: 'declaration.missing-attribute',
      detail: `The module needs a value for its variable "${name}", which has no default. Set ${name} = … in the module block.`,
      at: scope.parent.module.declared.modules.get(scope.modules.at(-1)?.name ?? '')?.header ?? block.header,
    })
  } else if (!misspeltDefault(block))
    world.missing({
      name,
      ...(description !== undefined && { description }),
      sensitive,
      range: rangeOf(block.header),
    })
  return FAILED
}

const computed = (scope: ModuleScope, declared: DeclaredVariable): Value => {
  const given = givenValue(scope, declared)
  if (given && !(given.value.kind === 'null' && !declared.nullable)) return fitted(scope, declared, given)
  const value = defaultValue(scope, declared)
  if (value) return value
  if (given) return refuse(scope, declared, given, 'null is not allowed, because the variable is not nullable')
  return missing(scope, declared)
}

/** The value of a variable: what was given, or its default, brought to its type. */
export const variableValue = (scope: ModuleScope, name: string): Value => {
  const block = scope.module.declared.variables.get(name)
  if (!block) throw new Error(`no variable ${name}`)
  const declared = declaredVariable(scope.world, name, block)
  const value = computed(scope, declared)
  return declared.sensitive ? markSensitive(value) : value
}

/** Checks the `validation` blocks of a variable. */
export const checkVariable = (scope: ModuleScope, name: string): void => {
  const block = scope.module.declared.variables.get(name)
  const value = scope.values.variable(scope, name)
  if (!block || value.kind === 'unknown') return
  for (const validation of blocksOf(block.body)) {
    if (validation.name.text !== 'validation') continue
    checkRule(scope, validation, `var.${name}`)
  }
}

/** Evaluates `condition` and, when it does not hold, reports `error_message`. */
export const checkRule = (
  scope: ModuleScope,
  rule: Block,
  subject: string,
  evaluation = evaluationIn(scope),
  code: 'declaration.check-failed' | 'declaration.assertion-failed' = 'declaration.check-failed',
): void => {
  const condition = attributeNamed(rule.body, 'condition')
  const message = attributeNamed(rule.body, 'error_message')
  if (!condition || !message) return
  const given = evaluation.evaluate(condition.expression, evaluation)
  const holds = convert(given, BOOL)
  if (holds.kind === 'failure' || holds.kind === 'null') {
    fail(
      evaluation,
      condition.expression,
      `The condition must be true or false${holds.kind === 'failure' ? `: ${holds.reason}` : ', not null'}.`,
    )
    return
  }
  if (holds.kind !== 'bool' || holds.value) return
  const text = convert(evaluation.evaluate(message.expression, evaluation), STRING)
  const shown =
    text.kind !== 'string'
      ? 'The condition does not hold.'
      : text.sensitive
        ? 'The condition does not hold. (Its message is sensitive and not shown.)'
        : text.value
  evaluation.report({
    code,
    detail: `${shown.trim()} (${subject})`,
    at: condition.expression,
  })
}
