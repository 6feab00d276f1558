import type { FunctionSpec, FunctionTable } from '../eval/evaluation.ts'
import type { FunctionWorld } from './call/function-world.ts'
import { collectionFunctions } from './collection-functions.ts'
import { dateFunctions } from './date-functions.ts'
import { encodingFunctions } from './encoding-functions.ts'
import { fileFunctions } from './file-functions.ts'
import { hashFunctions } from './hash-functions.ts'
import { mapFunctions } from './map-functions.ts'
import { networkFunctions } from './network-functions.ts'
import { numberFunctions } from './number-functions.ts'
import { setFunctions } from './set-functions.ts'
import { stringFunctions } from './string-functions.ts'
import { templateFunctions } from './template-functions.ts'
import { typeFunctions } from './type-functions.ts'
import { yamlFunctions } from './yaml-functions.ts'

/** Every function of the language, with what it needs of the outside. */
export const functionTable = (world: FunctionWorld): FunctionTable => {
  const functions = new Map<string, FunctionSpec>()
  const table: FunctionTable = { find: (name) => functions.get(name), names: () => functions.keys() }
  const groups = {
    ...numberFunctions,
    ...collectionFunctions,
    ...mapFunctions,
    ...setFunctions,
    ...typeFunctions,
    ...stringFunctions(world),
    ...encodingFunctions,
    ...hashFunctions(world),
    ...dateFunctions(world),
    ...networkFunctions(world),
    ...fileFunctions(world),
    ...yamlFunctions(world),
    ...templateFunctions(world, table),
  }
  for (const [name, spec] of Object.entries(groups)) functions.set(name, spec)
  return table
}
