import type { Method, Schema } from '../api/facts.ts'

type Properties = Readonly<Record<string, Schema>>
type Branch = { readonly properties?: Properties; readonly 'instance-type'?: string }
type Part = Branch & {
  readonly oneOf?: readonly Branch[]
  readonly 'type-property'?: string
  readonly 'type-property-schema'?: Schema
}

/**
 * The parameters of a method that takes others for each type (api.json: `allOf` with a `oneOf` chosen by its `type-property`);
 * nothing for methods whose parameters are a plain list.
 */
export const variantOf = (
  method: Method,
  given: Readonly<Record<string, unknown>>,
): { readonly properties: Properties; readonly additional: 0 | 1 } | undefined => {
  const parts = (method.parameters as { readonly allOf?: readonly Part[] } | undefined)?.allOf
  if (parts === undefined) return undefined
  const properties: Record<string, Schema> = {}
  let chosen = true
  for (const part of parts) {
    Object.assign(properties, part.properties)
    const key = part['type-property']
    if (key === undefined) continue
    properties[key] = part['type-property-schema'] ?? {}
    const branch = part.oneOf?.find((each) => each['instance-type'] === given[key])
    Object.assign(properties, branch?.properties)
    chosen &&= branch !== undefined
  }
  return { properties, additional: chosen ? 0 : 1 }
}
