import type { MeasuredEffect, MeasuredParameter, PveParameter } from './pve-facts.ts'

const worse = (a: MeasuredEffect | undefined, b: MeasuredEffect | undefined): MeasuredEffect | undefined =>
  a === 'reboot' || b === 'reboot' ? 'reboot' : (a ?? b)

const combine = (a: MeasuredParameter | undefined, b: MeasuredParameter): MeasuredParameter => {
  const [set, removed] = [worse(a?.set, b.set), worse(a?.delete, b.delete)]
  return {
    ...(set && { set }),
    ...(removed && { delete: removed }),
    properties: { ...a?.properties, ...b.properties },
  }
}

/** The parameter a configuration key belongs to: `net0` → `net[n]`; undefined when there is none. */
export const parameterOf = (
  parameters: { readonly [name: string]: unknown },
  key: string,
): { readonly name: string; readonly index?: number } | undefined => {
  if (Object.hasOwn(parameters, key)) return { name: key }
  const match = /^(.*?)(0|[1-9]\d*)$/.exec(key)
  if (!match) return undefined
  const name = `${match[1]}[n]`
  return Object.hasOwn(parameters, name) ? { name, index: Number(match[2]) } : undefined
}

/** Measurements by parameter instead of by key: what was seen on `scsi0` and `scsi1` holds for `scsi[n]`. */
export const byParameter = (
  parameters: { readonly [name: string]: PveParameter },
  running: { readonly [key: string]: MeasuredParameter },
): { readonly [name: string]: MeasuredParameter } => {
  const all: Record<string, MeasuredParameter> = {}
  for (const [key, measured] of Object.entries(running)) {
    const name = parameterOf(parameters, key)?.name
    if (name !== undefined) all[name] = combine(all[name], measured)
  }
  return all
}
