import type { Expression } from '../syntax/tree.ts'

/** A path without anything to compute: `vm.web[0]`, `disk["scsi0"].size`. */
export type StaticStep = { readonly name: string } | { readonly key: string | number }

/** Undefined when the expression is anything else. */
export const staticPath = (expression: Expression): readonly StaticStep[] | undefined => {
  const steps: StaticStep[] = []
  let at = expression
  for (;;) {
    if (at.type === 'wrap' || at.type === 'parentheses') at = at.expression
    else if (at.type === 'attribute') {
      steps.unshift({ name: at.name.text })
      at = at.object
    } else if (at.type === 'index') {
      const { key } = at
      if (key.type !== 'literal' || key.value === null || typeof key.value === 'boolean') return undefined
      steps.unshift({ key: typeof key.value === 'string' ? key.value : Number(key.value.number) })
      at = at.object
    } else break
  }
  return at.type === 'variable' ? [{ name: at.name }, ...steps] : undefined
}

/** The path as addresses are written. */
export const pathText = (steps: readonly StaticStep[]): string =>
  steps
    .map((step, index) => ('name' in step ? `${index === 0 ? '' : '.'}${step.name}` : `[${JSON.stringify(step.key)}]`))
    .join('')
