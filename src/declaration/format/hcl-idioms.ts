import { type Attribute, attributesOf, type Block, type Body, blocksOf } from '../syntax/tree.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Types as old versions of Terraform spelled them. */
const OLD_TYPES: Readonly<Record<string, string>> = {
  '"string"': 'string',
  '"list"': 'list(string)',
  '"map"': 'map(string)',
  list: 'list(any)',
  map: 'map(any)',
  set: 'set(any)',
}

const labelEdits = ({ labels }: Block): readonly Edit[] =>
  labels.flatMap(({ start, end, source, text }) =>
    source.text.startsWith('"', start) ? [] : [{ start, end, text: JSON.stringify(text) }],
  )

/** `"${x}"` is `x`, in more characters. */
const unwrapped = ({ expression }: Attribute): Edit | undefined => {
  const { start, end, source } = expression
  const text = source.text.slice(start, end)
  if (expression.type !== 'wrap' || !text.startsWith('"') || /<<-?[A-Za-z_]/.test(text)) return undefined
  const inner = text.replace(/^"\$\{~?\s*/, '').replace(/\s*~?\}"$/, '')
  const bare = !inner.includes('\n') || (inner.startsWith('(') && inner.endsWith(')'))
  return { start, end, text: bare ? inner : `(${inner})` }
}

const typeEdit = ({ name, expression: { start, end, source } }: Attribute): Edit | undefined => {
  const text = name.text === 'type' ? OLD_TYPES[source.text.slice(start, end)] : undefined
  return text === undefined ? undefined : { start, end, text }
}

const editsIn = (body: Body, inVariable: boolean): readonly Edit[] => [
  ...attributesOf(body).flatMap((attribute) => {
    const edit = (inVariable ? typeEdit(attribute) : undefined) ?? unwrapped(attribute)
    return edit ? [edit] : []
  }),
  ...blocksOf(body).flatMap((block) => [...labelEdits(block), ...editsIn(block.body, block.name.text === 'variable')]),
]

/** The text with what can be said in fewer words said so: quoted labels, no needless interpolation. The meaning stays. */
export const idiomaticHcl = (text: string, body: Body): string => {
  const edits = [...editsIn(body, false)].sort((a, b) => b.start - a.start)
  return edits.reduce((out, edit) => out.slice(0, edit.start) + edit.text + out.slice(edit.end), text)
}
