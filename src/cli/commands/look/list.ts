import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { timeText } from '../../../render/duration-text.ts'
import { selectRows } from '../../../render/inventory/select-rows.ts'
import { rowsText } from '../../../render/inventory/write-rows.ts'
import { counted } from '../../../util/counted.ts'
import { suggestion } from '../../../util/did-you-mean.ts'
import { EXIT, type ExitCode } from '../../exit-code.ts'
import { LISTED, type Listed, readListing } from '../../inventory/read-listing.ts'
import type { CommandContext, RunCommand } from '../../program/command-context.ts'
import { lastSync, withSession } from '../../session/session.ts'

const misused = ({ report }: CommandContext, detail: string, hint?: string): ExitCode => {
  report([diagnose('cli.bad-option', { detail, hint })])
  return EXIT.usage
}

/** `guest`, `vm` and the like mean the same as their plurals. */
const listedOf = (word: string): Listed | undefined => LISTED.find((name) => name === word || name === `${word}s`)

export const run: RunCommand<'list'> = (context, { args: [word = 'guests'], options }) =>
  withSession(context, async (session) => {
    const { io, global, paint, print, printExactly, printJson, note } = context
    const what = listedOf(word)
    if (what === undefined)
      return misused(
        context,
        `There is no list of "${word}".${suggestion(word, LISTED)} There are: ${LISTED.join(', ')}.`,
      )
    const fresh = options.refresh === true
    const picture = fresh ? await session.sync() : await lastSync(session)
    const listing = selectRows(await readListing(what, session, picture, { fresh }), {
      filters: options.filter,
      sort: options.sort,
      columns: options.columns,
    })
    if ('problem' in listing) return misused(context, listing.problem)
    const columns = options.columns === undefined ? listing.columns : listing.shown
    if (options.count === true) {
      if (global.json) printJson({ type: 'count', of: what, count: listing.rows.length })
      else print(`${listing.rows.length}\n`)
      return EXIT.done
    }
    if (global.json) {
      const rows = listing.rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null])))
      printJson({ type: 'list', of: what, as_of: picture.syncedAt, rows })
      return EXIT.done
    }
    const format = options.format ?? 'table'
    const text = await rowsText(listing, format, { room: io.stdout.columns, paint, columns })
    if (format === 'table') print(text)
    else printExactly(text)
    note(
      `${counted(listing.rows.length, what.replace(/s$/, ''))}, as of ${timeText(picture.syncedAt)}.${fresh ? '' : ' mpc list --refresh reads the cluster first.'}\n`,
    )
    return EXIT.done
  })
