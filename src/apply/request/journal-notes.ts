import type { JournalEntry } from '../journal.ts'
import { type RunContext, record } from './run-context.ts'

/**
 * What has happened and is not in the journal yet: it gets there together with whatever is written next, so that it costs no write of its own.
 * Nothing may be relied on that only waits here.
 */
export interface JournalNotes {
  readonly note: (...entries: readonly JournalEntry[]) => void
  /** Makes all that was noted durable, together with these. */
  readonly flush: (...entries: readonly JournalEntry[]) => Promise<void>
}

export const journalNotes = (ctx: RunContext): JournalNotes => {
  let waiting: readonly JournalEntry[] = []
  return {
    note: (...entries) => {
      waiting = [...waiting, ...entries]
    },
    flush: (...entries) => {
      const all = [...waiting, ...entries]
      waiting = []
      return record(ctx, all)
    },
  }
}
