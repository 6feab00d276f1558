import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { isSecret } from '../../resource/config-value.ts'
import type { Secrets } from '../../resource/desired.ts'
import { type ApiRequest, isOutputRef, type RequestParam } from '../../resource/request.ts'
import type { OutgoingRequest } from '../../resource/server.ts'

/** What earlier steps gave, by step and name. */
export type Outputs = ReadonlyMap<string, Readonly<Record<string, string>>>

export interface Resolved {
  readonly request?: OutgoingRequest
  readonly diagnostics: readonly Diagnostic[]
}

const missingSecret = (name: string): Diagnostic =>
  diagnose('apply.missing-secret', {
    detail: `The plan refers to the secret ${name}, which has no value here. It comes from the declarations: run mpc in their folder, with the variables they need.`,
  })

const missingOutput = (step: string, output: string): Diagnostic =>
  diagnose('apply.missing-output', {
    detail: `A request needs "${output}" of the step ${step}, which did not give it. The server answered that step in an unexpected way; nothing was sent.`,
  })

/** References in braces stand in paths; PVE's own paths never hold braces. */
const REFERENCE = /\{([^{}]+)\.([^{}.]+)\}/g

/** A path with the outputs that are known put in; the others stay references. */
export const resolvePath = (path: string, outputs: Outputs): string =>
  path.replace(REFERENCE, (whole, step: string, name: string) => {
    const value = outputs.get(step)?.[name]
    return value === undefined ? whole : encodeURIComponent(value)
  })

/** A request as it can be held against the server: with the outputs that are known put in; secrets stay references. */
export const withOutputs = (request: ApiRequest, outputs: Outputs): ApiRequest => {
  const known = (param: RequestParam): RequestParam => {
    const value = isOutputRef(param) ? outputs.get(param.fromStep)?.[param.output] : undefined
    return isOutputRef(param) && value !== undefined ? `${value}${param.suffix ?? ''}` : param
  }
  const params = Object.entries(request.params ?? {}).map(([name, param]) => [name, known(param)] as const)
  return {
    ...request,
    path: resolvePath(request.path, outputs),
    ...(request.params && { params: Object.fromEntries(params) }),
  }
}

/** Puts secrets and earlier outputs in. The result goes to the server and nowhere else. */
export const resolveRequest = (request: ApiRequest, secrets: Secrets, outputs: Outputs): Resolved => {
  const diagnostics: Diagnostic[] = []
  const output = (step: string, name: string): string => {
    const value = outputs.get(step)?.[name]
    if (value === undefined) diagnostics.push(missingOutput(step, name))
    return value ?? ''
  }
  const resolved = (param: RequestParam): string | number | boolean => {
    if (isOutputRef(param)) return `${output(param.fromStep, param.output)}${param.suffix ?? ''}`
    if (!isSecret(param)) return param
    const value = secrets.get(param.secret)
    if (value === undefined) diagnostics.push(missingSecret(param.secret))
    return value ?? ''
  }
  const path = request.path.replace(REFERENCE, (_, step: string, name: string) =>
    encodeURIComponent(output(step, name)),
  )
  const params = Object.fromEntries(
    Object.entries(request.params ?? {}).map(([name, param]) => [name, resolved(param)]),
  )
  if (diagnostics.length > 0) return { diagnostics }
  const hidden = Object.entries(request.params ?? {}).flatMap(([name, param]) => (isSecret(param) ? [name] : []))
  return {
    request: { method: request.method, path, params, ...(hidden.length > 0 && { hidden }) },
    diagnostics: [],
  }
}

/** Takes the wanted field of the one entry whose fields equal `where`; of several, the newest by `ctime`. */
export const takeOutput = (
  { name, where, take, until, except = [] }: NonNullable<ApiRequest['output']>,
  data: unknown,
  outputs: Outputs = new Map(),
): Readonly<Record<string, string>> => {
  const wanted = (value: (typeof where)[string]): string | undefined =>
    isOutputRef(value) ? outputs.get(value.fromStep)?.[value.output] : String(value)
  const entries = (Array.isArray(data) ? data : [data]).filter(
    (entry): entry is Readonly<Record<string, unknown>> => typeof entry === 'object' && entry !== null,
  )
  const matching = entries.filter((entry) =>
    Object.entries(where).every(([field, value]) => String(entry[field]) === wanted(value)),
  )
  const newest = matching.reduce<Readonly<Record<string, unknown>> | undefined>(
    (best, entry) => (best && Number(best['ctime'] ?? 0) > Number(entry['ctime'] ?? 0) ? best : entry),
    undefined,
  )
  const value = newest?.[take]
  if (value === undefined || value === null || except.some((text) => String(value).includes(text))) return {}
  return { [name]: until === undefined ? String(value) : (String(value).split(until)[0] ?? '') }
}
