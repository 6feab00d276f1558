import { Document, Scalar, visit } from 'yaml'

/** What Ansible would take for an expression; such text is marked `!unsafe`, so that it stays text. */
const TEMPLATE = /\{\{|\{%|\{#/

/** An expression for Ansible to evaluate, as opposed to text that only looks like one. */
export class Expression {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type YamlValue =
  | string
  | number
  | boolean
  | Expression
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined }

const plain = (value: YamlValue): unknown => {
  if (value instanceof Expression) return value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])),
  )
}

/** Nodes for expressions and for text that must not become one. */
const nodeOf = (value: unknown): unknown => {
  if (value instanceof Expression) {
    const node = new Scalar(value.text)
    if (value.text.includes('\n')) node.type = Scalar.BLOCK_LITERAL
    return node
  }
  if (typeof value === 'string' && TEMPLATE.test(value)) {
    const node = new Scalar(value)
    node.tag = '!unsafe'
    node.type = Scalar.QUOTE_DOUBLE
    return node
  }
  if (Array.isArray(value)) return value.map(nodeOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nodeOf(inner)]))
}

/** A YAML file as Ansible reads it (YAML 1.1: `yes` and `on` are quoted where they are text), with a comment on top. */
export const yamlFile = (value: YamlValue, comment: string): string => {
  const document = new Document(nodeOf(plain(value)), { version: '1.1', aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && node.value.includes('\n') && node.tag === undefined)
        node.type ??= Scalar.BLOCK_LITERAL
    },
  })
  const head = comment
    .split('\n')
    .map((line) => (line === '' ? '#' : `# ${line}`))
    .join('\n')
  return `${head}\n---\n${document.toString({ lineWidth: 0, indentSeq: true })}`
}
