import type { Parameter } from '../../eval/evaluation.ts'
import { DYNAMIC, type Type } from '../../eval/type.ts'

/** A parameter that takes anything but null. */
export const parameter = (
  name: string,
  type: Type = DYNAMIC,
  options: Omit<Parameter, 'name' | 'type'> = {},
): Parameter => ({
  name,
  type,
  ...options,
})
