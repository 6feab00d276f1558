const REASONS: Readonly<Record<number, string>> = {
  500: 'internal server error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  595: 'Connection refused',
  596: 'Connection timed out',
  599: 'Too many redirections',
}

/** What a status says unless the fault has a text of its own. */
export const reasonOf = (status: number): string => REASONS[status] ?? 'error'
