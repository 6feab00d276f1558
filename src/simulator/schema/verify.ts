import { raiseParam } from '../api/error.ts'
import type { Method, Schema } from '../api/facts.ts'
import { checkObject, type Errors, type Named } from './check.ts'
import { firewallFormats } from './firewall-formats.ts'
import { scalarFormats } from './formats.ts'
import { propertyFormats } from './property-formats.ts'
import { qemuFormats } from './qemu-formats.ts'
import { slots } from './slots.ts'
import { variantOf } from './variant.ts'

/** Looks up a named format; names that are not known pass any value. */
export const namedFormat: Named = (name) =>
  scalarFormats[name] ?? propertyFormats[name] ?? qemuFormats[name] ?? firewallFormats[name]

const spelled = new WeakMap<Method, Readonly<Record<string, Schema>>>()

/** A method's parameters with `net[n]` written out as `net0` … `net31`. */
export const parametersOf = (method: Method): Readonly<Record<string, Schema>> => {
  const known = spelled.get(method)
  if (known) return known
  const all: Record<string, Schema> = Object.create(null)
  for (const [name, schema] of Object.entries(method.parameters?.properties ?? {})) {
    if (!name.endsWith('[n]')) all[name] = schema
    else for (const slot of slots(name.slice(0, -3))) all[slot] = schema
  }
  spelled.set(method, all)
  return all
}

/** Verifies a request's parameters as PVE does; ends the request with 400 and all the errors found. */
export const verifyParameters = (method: Method, given: Readonly<Record<string, unknown>>): void => {
  const errors: Errors = Object.create(null)
  const variant = variantOf(method, given)
  const additional = variant?.additional ?? method.parameters?.additionalProperties
  checkObject('', variant?.properties ?? parametersOf(method), given, additional, errors, namedFormat)
  for (const _ in errors) raiseParam(errors)
}
