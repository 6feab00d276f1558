import type { FunctionTable } from '../eval/evaluation.ts'
import { collectionFunctions } from './collection-functions.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { FunctionWorld } from './function-world.ts'
import { numberFunctions } from './number-functions.ts'
import { stringFunctions } from './string-functions.ts'
import { typeFunctions } from './type-functions.ts'

/** Every function of the language, with what it needs of the outside. */
export const functionTable = (world: FunctionWorld): FunctionTable => {
  const functions = new Map<string, FunctionSpec>(
    Object.entries({
      ...numberFunctions,
      ...collectionFunctions,
      ...typeFunctions,
      ...stringFunctions(world),
    }),
  )
  return { find: (name) => functions.get(name), names: () => functions.keys() }
}
