import { diagnose } from '../../../diagnostic/diagnostic.ts'
import { ageText, timeText } from '../../../render/duration-text.ts'
import type { HeldLease } from '../../../store/lease-store.ts'
import { EXIT } from '../../exit-code.ts'
import { askPerson } from '../../program/ask-person.ts'
import type { RunCommand } from '../../program/command-context.ts'
import { isAttended } from '../../program/is-attended.ts'
import { withSession } from '../../session/session.ts'

const standingText = ({ standing, pid, silentFor }: HeldLease): string => {
  if (standing === 'running') return `That process is running on this machine. End it first if you can: kill ${pid}`
  if (standing === 'gone') return 'That process has ended; the next command that writes would take over by itself.'
  return `It runs elsewhere, and was heard of last ${ageText(silentFor)}.`
}

const heldText = (held: HeldLease): string =>
  `"${held.purpose}" holds the right to change the cluster since ${timeText(held.since)}, as process ${held.pid} on ${held.host}.\n${standingText(held)}\n`

export const run: RunCommand<'unlock'> = (context, { options }) =>
  withSession(context, async ({ store }) => {
    const { io, global, note, print, printJson, report } = context
    const held = await store.leases.held()
    if (!held) {
      if (global.json) printJson({ type: 'unlocked', freed: false })
      else print('Nothing is locked: no mpc is changing the cluster from this workspace.\n')
      return EXIT.done
    }
    if (!global.json) print(heldText(held))
    if (options.autoApprove !== true) {
      if (!isAttended(io) || global.json) {
        report([
          diagnose('cli.needs-approval', {
            detail: `There is nobody to ask here whether to take the right to change the cluster from "${held.purpose}" (process ${held.pid} on ${held.host}). Nothing was changed.`,
            hint: 'mpc unlock --auto-approve',
          }),
        ])
        return EXIT.refused
      }
      const answer = await askPerson(
        io,
        'Take it away? What that process was doing stays half done until mpc recover ends it. Only "yes" is accepted: ',
      )
      if (answer?.trim() !== 'yes') {
        note('Nothing was changed.\n')
        return EXIT.refused
      }
    }
    const freed = await store.leases.free(held)
    if (global.json) printJson({ type: 'unlocked', freed })
    else print(freed ? 'Unlocked.\n' : 'It has been given back meanwhile; nothing was changed.\n')
    if ((await store.runs.unfinished()).length > 0)
      note('A run was cut short. See how it stands, and undo or finish it, with: mpc recover\n')
    return EXIT.done
  })
