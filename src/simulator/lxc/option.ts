import { facts, type Schema } from '../api/facts.ts'
import { parametersOf } from '../schema/verify.ts'
import type { Section } from '../state/guest.ts'

const method = facts['PUT /nodes/{node}/lxc/{vmid}/config']
const notOptions = new Set(['node', 'vmid', 'delete', 'revert', 'digest'])

const schemas: Readonly<Record<string, Schema>> = method === undefined ? {} : parametersOf(method)

/** Whether a container's configuration may hold this key. */
export const isOption = (name: string): boolean => Object.hasOwn(schemas, name) && !notOptions.has(name)

/** The property-string format of an option (`rootfs`, `mp3`, `net0`, `features` …). */
export const formatOf = (name: string): Readonly<Record<string, Schema>> => {
  const format = schemas[name]?.format
  return typeof format === 'object' ? format : {}
}

/** A description as it reads back: every line ends with a newline, none stay at the end, an empty one is none at all. */
export const storedDescription = (text: string): string | undefined => {
  const lines = text.replace(/\n+$/, '')
  return lines === '' ? undefined : `${lines}\n`
}

/**
 * A value as the configuration file gives it back: blanks around it are lost, an empty one is a blank, whole numbers lose their
 * zeros in front.
 */
export const storedValue = (name: string, value: string): string => {
  const type = schemas[name]?.type
  if (type === 'integer' || type === 'boolean') return String(Number(value))
  const trimmed = value.trim()
  return trimmed === '' ? ' ' : trimmed
}

/** A value as GET config answers it: a number for whole numbers and booleans, else text. */
export const shownValue = (name: string, text: string): string | number => {
  const type = schemas[name]?.type
  return type === 'integer' || type === 'boolean' || name === 'snaptime' ? Number(text) : text
}

/** A section of the configuration as the API answers it. */
export const shownSection = (section: Section): Record<string, string | number> => {
  const shown: Record<string, string | number> = {}
  for (const name of Object.keys(section).sort()) shown[name] = shownValue(name, section[name] as string)
  return shown
}
