import { type HclBlock, type HclValue, hclBlock, hclFile } from '../hcl-text.ts'
import { isExpression, isMap, type WrittenBlock, type WrittenValue } from './written-block.ts'

const MARK = 'EOT'

/** Several lines of plain text stand as such; what could be read otherwise stays in quotes. */
const isPlainText = (text: string): boolean =>
  text.includes('\n') &&
  /^\S/.test(text) &&
  !/[^\P{C}\n]/u.test(text) &&
  text.split('\n').every((line) => line.trim() !== MARK && line === line.trimEnd())

const textOf = (text: string): HclValue =>
  isPlainText(text)
    ? {
        expression: `<<-${MARK}\n${text
          .replaceAll(/[$%]\{/g, (opening) => `${opening[0]}${opening}`)
          .split('\n')
          .map((line) => (line === '' ? '' : `    ${line}`))
          .join('\n')}\n  ${MARK}`,
      }
    : text

const hclValueOf = (value: WrittenValue): HclValue => {
  if (typeof value === 'string') return textOf(value)
  if (typeof value !== 'object') return value
  if (isExpression(value)) return value
  return isMap(value)
    ? { object: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)])) }
    : (value as readonly string[])
}

/** In a map everything stands on one line. */
const plainOf = (value: WrittenValue): HclValue => (typeof value === 'string' ? value : hclValueOf(value))

const hclOf = ({ kind, label, attributes, slots, lifecycle }: WrittenBlock): HclBlock =>
  hclBlock(
    kind,
    Object.fromEntries(attributes.map(({ name, value }) => [name, hclValueOf(value)])),
    [
      ...slots.map(({ block, slot, properties }) =>
        hclBlock(
          block,
          Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, plainOf(value)])),
          [],
          [slot],
        ),
      ),
      lifecycle && hclBlock('lifecycle', lifecycle),
    ],
    [label],
  )

/** Declarations in HCL, still to be laid out. */
export const writeHcl = (blocks: readonly WrittenBlock[]): string => hclFile(blocks.map(hclOf))
