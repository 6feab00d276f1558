/** What a kind of resource is to declarations. */
export interface ResourceKindFacts {
  /** Several of them, in a sentence. */
  readonly plural: string
  /** Fields of a declaration that are no configuration keys of PVE. */
  readonly fields: readonly string[]
  /** How the types of the Terraform providers end that declare the same. */
  readonly terraformType: RegExp
}
