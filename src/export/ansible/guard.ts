import { sha256 } from '../../util/sha256.ts'
import { Expression } from './yaml-text.ts'

/** Text that needs no escaping inside a quoted Jinja string. */
const SIMPLE = /^[^'\\{}%#\n\r\t]*$/

/** The guest's key as the server spells it, as text. */
const textOf = (key: string): string => `(there.config['${key}'] | default('') | string)`

/** True when the key does not have this text (PVE's own spelling). Text with special characters is compared by its hash. */
const differs = (key: string, text: string): string =>
  SIMPLE.test(text) ? `${textOf(key)} != '${text}'` : `(${textOf(key)} | hash('sha256')) != '${sha256(text)}'`

/** The guest is not there yet. */
export const ABSENT = new Expression('there | length == 0')

/** The guest is there and one of its keys differs, so that a second run is quiet. */
export const anyDiffers = (texts: ReadonlyMap<string, string>): Expression =>
  new Expression(
    `there | length > 0 and (\n${[...texts].map(([key, text]) => `  ${differs(key, text)}`).join(' or\n')}\n)`,
  )

export const keyDiffers = (key: string, text: string): Expression => new Expression(differs(key, text))

export const keyMissing = (key: string): Expression =>
  new Expression(`(there.config | default({}))['${key}'] is not defined`)

/** The volume is there with another size; one that was only just made has the right one. */
export const sizeDiffers = (key: string, size: string): Expression =>
  new Expression(`'size=${size}' not in ((there.config | default({}))['${key}'] | default('size=${size}'))`)

export const NOT_RUNNING = new Expression("(there.status | default('stopped')) != 'running'")

export const NO_TEMPLATE = new Expression('not (there.template | default(false) | bool)')
