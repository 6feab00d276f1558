import type { Answer } from './answer.ts'

/** An answer of the control endpoints: any value as JSON. */
export const controlAnswer = (status: number, reason: string, value: unknown): Answer => ({
  status,
  reason,
  text: JSON.stringify(value),
  json: true,
})

/** The value of a request's body, or what is wrong with it. */
export const parseControlBody = (body: string): { readonly value: unknown } | string => {
  try {
    return { value: JSON.parse(body) }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
