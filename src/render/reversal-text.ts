import type { Reversal } from '../resource/reversal.ts'
import { assertNever } from '../util/assert-never.ts'

const requestText = (reversal: Extract<Reversal, { by: 'requests' }>): string => {
  if (reversal.requests.length === 0) return reversal.note ?? 'nothing to undo'
  return reversal.note ?? reversal.requests.map(({ method, path }) => `${method} ${path}`).join(', then ')
}

/** How a step is undone, in words. */
export const reversalText = (reversal: Reversal): string => {
  switch (reversal.by) {
    case 'requests':
      return requestText(reversal)
    case 'snapshot':
      return `roll back to snapshot ${reversal.name}${reversal.note === undefined ? '' : ` (${reversal.note})`}`
    case 'backup':
      if (reversal.lost !== undefined)
        return `CANNOT BE UNDONE: ${reversal.lost}; the rest can be restored${reversal.note === undefined ? '' : ` (${reversal.note})`}`
      return `restore the backup on ${reversal.storage}${reversal.note === undefined ? '' : ` (${reversal.note})`}`
    case 'nothing':
      return `CANNOT BE UNDONE: ${reversal.reason}`
    default:
      return assertNever(reversal)
  }
}
