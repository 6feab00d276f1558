import type { Located } from './source.ts'

/** A name where it is written. */
export interface Name extends Located {
  readonly text: string
}

/** A constant. Numbers keep their spelling, because they may be longer than a double holds. */
export interface Literal extends Located {
  readonly type: 'literal'
  readonly value: string | boolean | null | { readonly number: string }
}

/** Literal text of a template; `value` is unescaped and stripped. */
export interface TemplateText extends Located {
  readonly type: 'text'
  readonly value: string
}

export interface TemplateInterpolation extends Located {
  readonly type: 'interpolation'
  readonly expression: Expression
}

export interface TemplateIf extends Located {
  readonly type: 'if'
  readonly condition: Expression
  readonly whenTrue: readonly TemplatePart[]
  readonly whenFalse: readonly TemplatePart[]
}

export interface TemplateFor extends Located {
  readonly type: 'for'
  readonly key?: Name
  readonly value: Name
  readonly collection: Expression
  readonly body: readonly TemplatePart[]
}

export type TemplatePart = TemplateText | TemplateInterpolation | TemplateIf | TemplateFor

/** A string with interpolations or directives. A single interpolation and nothing else is a `wrap`: it keeps the value's type. */
export interface Template extends Located {
  readonly type: 'template'
  readonly parts: readonly TemplatePart[]
}

export interface Wrap extends Located {
  readonly type: 'wrap'
  readonly expression: Expression
}

export interface Tuple extends Located {
  readonly type: 'tuple'
  readonly items: readonly Expression[]
}

export interface ObjectItem {
  /** A bare word is a literal with `bare` set: it names the key, not a variable. */
  readonly key: Expression
  readonly bare?: true
  readonly value: Expression
}

export interface ObjectExpression extends Located {
  readonly type: 'object'
  readonly items: readonly ObjectItem[]
}

export interface Variable extends Located {
  readonly type: 'variable'
  readonly name: string
}

export interface Call extends Located {
  readonly type: 'call'
  readonly name: Name
  readonly args: readonly Expression[]
  /** The last argument is spread: `f(list...)`. */
  readonly expand: boolean
}

export interface AttributeAccess extends Located {
  readonly type: 'attribute'
  readonly object: Expression
  readonly name: Name
}

export interface Index extends Located {
  readonly type: 'index'
  readonly object: Expression
  readonly key: Expression
}

/** `each` is evaluated with the element as the innermost `splat-item`. */
export interface Splat extends Located {
  readonly type: 'splat'
  readonly object: Expression
  readonly each: Expression
}

export interface SplatItem extends Located {
  readonly type: 'splat-item'
}

export interface ForExpression extends Located {
  readonly type: 'for'
  readonly key?: Name
  readonly value: Name
  readonly collection: Expression
  /** Present: an object is built. */
  readonly resultKey?: Expression
  readonly result: Expression
  readonly condition?: Expression
  readonly group: boolean
}

export type UnaryOperator = '-' | '!'
export type BinaryOperator = '*' | '/' | '%' | '+' | '-' | '<' | '<=' | '>' | '>=' | '==' | '!=' | '&&' | '||'

export interface Unary extends Located {
  readonly type: 'unary'
  readonly operator: UnaryOperator
  readonly operand: Expression
}

export interface Binary extends Located {
  readonly type: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}

export interface Conditional extends Located {
  readonly type: 'conditional'
  readonly condition: Expression
  readonly whenTrue: Expression
  readonly whenFalse: Expression
}

export interface Parenthesized extends Located {
  readonly type: 'parentheses'
  readonly expression: Expression
}

/** What stands where a syntax error was found; evaluates to nothing known and reports nothing more. */
export interface Invalid extends Located {
  readonly type: 'invalid'
}

export type Expression =
  | Literal
  | Template
  | Wrap
  | Tuple
  | ObjectExpression
  | Variable
  | Call
  | AttributeAccess
  | Index
  | Splat
  | SplatItem
  | ForExpression
  | Unary
  | Binary
  | Conditional
  | Parenthesized
  | Invalid

export interface Attribute extends Located {
  readonly type: 'attribute'
  readonly name: Name
  readonly expression: Expression
}

export interface Block extends Located {
  readonly type: 'block'
  readonly name: Name
  readonly labels: readonly Name[]
  readonly body: Body
  /** The block's first line, for messages: from its name to the last label. */
  readonly header: Located
}

/** What stands between braces, or a whole file. In the order of the file. */
export interface Body extends Located {
  readonly items: readonly (Attribute | Block)[]
}

export const attributesOf = (body: Body): readonly Attribute[] =>
  body.items.filter((item): item is Attribute => item.type === 'attribute')

export const blocksOf = (body: Body): readonly Block[] =>
  body.items.filter((item): item is Block => item.type === 'block')
