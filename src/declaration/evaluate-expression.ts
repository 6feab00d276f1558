import { type Checked, hasErrors } from '../diagnostic/diagnostic.ts'
import { suggestion } from '../util/did-you-mean.ts'
import { type Evaluation, fail } from './eval/evaluation.ts'
import { toPlain } from './eval/to-json.ts'
import { typeText } from './eval/type.ts'
import { deepUnmarked, FAILED, hasSensitive, isWhollyKnown, markSensitive, typeOf, type Value } from './eval/value.ts'
import { valueText } from './eval/value-text.ts'
import { evaluateDesired } from './evaluate-desired.ts'
import { isSensitiveOutput, outputValue } from './module/module-values.ts'
import { evaluationIn, type ModuleScope } from './module/scope.ts'
import {
  collector,
  evaluateWorkspace,
  type LoadOptions,
  type MissingVariable,
  missingDiagnostic,
  prepareWorkspace,
} from './prepared-workspace.ts'
import { parseExpressionWith } from './syntax/hcl/parse-hcl.ts'
import { fileSource } from './syntax/source.ts'

export interface EvaluatedExpression {
  readonly value: Value
  /** As people read it; sensitive parts are hidden. */
  readonly text: string
  /** Plain data; undefined where it is sensitive or not known. */
  readonly plain: unknown
  /** As a type constraint is written. */
  readonly type: string
  readonly missingVariables: readonly MissingVariable[]
}

/** `sources` holds the text of every file that was read, and the expression's. */
export interface CheckedExpression extends Checked<EvaluatedExpression> {
  readonly sources: ReadonlyMap<string, string>
}

/** The name diagnostics give the expression. */
const FILENAME = '<expression>'

/** Outputs have no name inside of a configuration; a person who asks from outside names them so. */
const withOutputs = (root: ModuleScope): Evaluation => {
  const plain = evaluationIn(root)
  const { outputs } = root.module.declared
  return {
    ...plain,
    resolve: (names, at, evaluation) => {
      const [kind, name] = names
      if (kind !== 'output' || name === undefined) return plain.resolve(names, at, evaluation)
      const block = outputs.get(name)
      if (block) {
        const value = outputValue(root, name)
        return { value: isSensitiveOutput(root, block) ? markSensitive(value) : value, used: 2 }
      }
      const guess = suggestion(name, outputs.keys()) || ` Outputs: ${[...outputs.keys()].sort().join(', ') || 'none'}.`
      const detail = `The output "${name}" is not declared.${guess}`
      return { value: fail(evaluation, at, detail, 'declaration.unknown-reference'), used: names.length }
    },
  }
}

/**
 * Evaluates one expression with the variables, locals and resources of a workspace. Problems of declarations that the expression does not need
 * are not looked for. `value` is undefined when there are errors.
 */
export const evaluateExpression = async (options: LoadOptions, expression: string): Promise<CheckedExpression> => {
  const { diagnostics, report } = collector()
  const workspace = await prepareWorkspace(options, report)
  const sources = new Map([...workspace.sources, [FILENAME, expression]])
  const source = fileSource(FILENAME, expression)
  const parsed = parseExpressionWith(workspace.grammar, source)
  for (const diagnostic of parsed.diagnostics) report(diagnostic)
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics, sources }
  const evaluated = (root: ModuleScope): Value => {
    const evaluation = withOutputs(root)
    return evaluation.evaluate(parsed.value, evaluation)
  }
  const first = await evaluateWorkspace(workspace, evaluated, FAILED)
  const needsGuests = first.askedForGuests && typeof options.known === 'function'
  const pass = needsGuests
    ? await evaluateWorkspace(workspace, evaluated, FAILED, (await evaluateDesired(workspace)).known)
    : first
  for (const diagnostic of [...pass.diagnostics, ...pass.missing.map(missingDiagnostic)]) report(diagnostic)
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics, sources }
  const { value } = pass
  const shown = !hasSensitive(value) && isWhollyKnown(value)
  return {
    value: {
      value,
      text: valueText(value),
      plain: shown ? toPlain(deepUnmarked(value)) : undefined,
      type: typeText(typeOf(value)),
      missingVariables: pass.missing,
    },
    diagnostics,
    sources,
  }
}
