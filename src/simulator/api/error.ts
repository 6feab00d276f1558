/**
 * The way every handler says no: it becomes PVE's error answer (text in the reason phrase, `{data:null,message}` as body).
 * `text` may have several lines; only the first is seen in the reason phrase.
 */
export class PveError extends Error {
  readonly status: number
  readonly errors: Readonly<Record<string, string>> | undefined
  /** True where PVE answers without the trailing newline that `die "…\n"` leaves in the message. */
  readonly bare: boolean

  constructor(status: number, text: string, errors?: Readonly<Record<string, string>>, bare = false) {
    super(text)
    this.status = status
    this.errors = errors
    this.bare = bare
  }
}

/** Ends the request with `status` (500 unless told) and `text`. */
export const raise: (text: string, status?: number) => never = (text, status = 500) => {
  throw new PveError(status, text)
}

/** Ends the request with 400 and one text per wrong parameter, as PVE's `raise_param_exc`. */
export const raiseParam: (errors: Readonly<Record<string, string>>) => never = (errors) => {
  throw new PveError(400, 'Parameter verification failed.', errors)
}

/** Ends the request with 403, `what` in brackets, as PVE's `raise_perm_exc`. */
export const raisePerm: (what?: string) => never = (what) => {
  throw new PveError(403, what === undefined ? 'Permission check failed' : `Permission check failed (${what})`)
}

/**
 * What an error looks like once PVE has turned it into text (inside a task, or wrapped by another message): a 400 with
 * parameter errors becomes `400 Parameter verification failed.` and one `name: text` line each.
 */
export const errorText = (error: unknown): string => {
  if (!(error instanceof PveError)) return error instanceof Error ? error.message : String(error)
  if (error.errors === undefined) return error.status === 500 ? error.message : `${error.status} ${error.message}`
  const lines = Object.entries(error.errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}: ${text}`)
  return [`${error.status} ${error.message}`, ...lines].join('\n')
}
