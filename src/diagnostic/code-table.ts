/** One area's part of the registry: the code, how bad it is, and the summary that is the same each time it is raised. */
export type CodeTable = Readonly<Record<string, { readonly severity: 'error' | 'warning'; readonly summary: string }>>
