import { guestKinds } from '../../kinds/registry.ts'
import { durationText } from '../../render/duration-text.ts'
import type { GuestKindName } from '../../resource/guest.ts'
import { counted } from '../../util/counted.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { tellUnfinished } from '../run/unfinished.ts'
import { withSession } from '../session/session.ts'

export const run: RunCommand<'sync'> = (context, { options }) =>
  withSession(context, async (session) => {
    const started = context.io.clock.monotonic()
    await tellUnfinished(context, session)
    const { observed } = await session.sync({ addresses: options.addresses === true })
    const seconds = (context.io.clock.monotonic() - started) / 1000
    const { cluster, nodes, storages, pools, guests } = observed
    const unknown = guests.filter(({ unknownSince }) => unknownSince !== undefined).length
    const ofKind = (name: GuestKindName) => guests.filter(({ type }) => type === guestKinds[name].type).length
    const counts = {
      nodes: nodes.length,
      vms: ofKind('vm'),
      containers: ofKind('container'),
      storages: new Set(storages.map(({ storage }) => storage)).size,
      pools: pools.length,
      unknown,
    }
    if (context.global.json)
      context.printJson({ type: 'synced', cluster: cluster.name, version: cluster.version, ...counts })
    else {
      const tail = unknown > 0 ? ` ${unknown} of them could not be read and are kept as last seen.` : ''
      context.print(
        `Synced ${cluster.name} (Proxmox VE ${cluster.version}): ${[
          counted(counts.nodes, 'node'),
          counted(counts.vms, 'VM'),
          counted(counts.containers, 'container'),
          counted(counts.storages, 'storage'),
          counted(counts.pools, 'pool'),
        ].join(', ')}.${tail}\n`,
      )
      context.note(context.notePaint('dim', `in ${durationText(seconds)}\n`))
    }
    return EXIT.done
  })
