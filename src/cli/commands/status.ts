import { ageText } from '../../render/duration-text.ts'
import { counted } from '../../util/counted.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { waitingGuests, waitingLine } from '../run/waiting-guests.ts'
import type { Picture } from '../session/session.ts'
import { withSession } from '../session/session.ts'

/** Of how many guests addresses are known, and when the oldest of them were told. */
const addressesIn = (latest: Picture | undefined) => {
  const told = latest?.observed.guests.flatMap(({ addresses }) => (addresses ? [addresses.asOf] : [])) ?? []
  const [oldest] = told.toSorted()
  return oldest === undefined ? undefined : { guests: told.length, oldest }
}

export const run: RunCommand<'status'> = (context, _input) =>
  withSession(context, async (session) => {
    const { reader, store, settings } = session
    await tellUnfinished(context, session)
    const latest = await store.observations.latest()
    const managed = await store.bindings.all()
    const unfinished = (await store.runs.unfinished()).map(({ run }) => run.id)
    const pve = await reader()
    const { version } = await pve.version()
    const endpoint = context.io.env['PROXMOX_VE_ENDPOINT'] ?? settings.endpoint?.origin ?? ''
    const waiting = latest ? waitingGuests(managed, latest.observed) : []
    const addresses = addressesIn(latest)
    const ageOf = (time: string): string => ageText(context.io.clock.now().getTime() - Date.parse(time))
    if (context.global.json) {
      context.printJson({
        type: 'status',
        endpoint,
        version,
        synced_at: latest?.syncedAt ?? null,
        guests: latest?.observed.guests.length ?? null,
        managed: managed.length,
        unfinished_runs: unfinished,
        waiting_for_restart: waiting,
        addresses: addresses ?? null,
      })
      return EXIT.done
    }
    const state = latest
      ? `${counted(latest.observed.guests.length, 'guest')} as of ${ageOf(latest.syncedAt)}; ${managed.length === 1 ? '1 resource is' : `${managed.length} resources are`} managed`
      : 'nothing yet: run mpc sync'
    const runs = unfinished.map((id) => `Run:    ${id} was cut short; undo or finish it with mpc recover\n`)
    const waits = waiting.map((guest) => `Waits:  for a restart: ${waitingLine(guest)}\n`)
    const told = addresses
      ? `Addresses: of ${counted(addresses.guests, 'guest')}, the oldest as of ${ageOf(addresses.oldest)}\n`
      : ''
    context.print(
      `Server: ${endpoint}, Proxmox VE ${version}\nState:  ${state}\n${told}${runs.join('')}${waits.join('')}`,
    )
    return EXIT.done
  })
