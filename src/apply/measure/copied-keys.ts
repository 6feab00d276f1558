import type { Step } from '../../plan/plan.ts'
import type { RawConfig } from '../../resource/observed.ts'
import { isOutputRef, type RequestParam } from '../../resource/request.ts'
import { isUnused, volumesOf } from '../effect/guest-volumes.ts'
import { guestOfPath } from '../effect/request-effect.ts'
import { ask, readGuest } from '../observe/read-guest.ts'
import type { RunContext } from '../request/run-context.ts'

/** The configuration an archive holds, up to its snapshots: `key: text` a line. */
const parseConfig = (text: string): RawConfig =>
  Object.fromEntries(
    (text.split(/^\[/m)[0] ?? '').split('\n').flatMap((line) => {
      const [, key, value] = /^([a-z]\w*):\s*(.*)$/.exec(line) ?? []
      return key === undefined || value === undefined ? [] : [[key, value] as const]
    }),
  )

/** PVE API: GET /nodes/{node}/vzdump/extractconfig. */
const configOfArchive = async (ctx: RunContext, node: string, archive: RequestParam): Promise<RawConfig> => {
  const volume = isOutputRef(archive) ? ctx.outputs.get(archive.fromStep)?.[archive.output] : archive
  if (typeof volume !== 'string') return {}
  const answer = await ask(ctx.asking, `/nodes/${node}/vzdump/extractconfig`, { volume })
  return answer.kind === 'answered' ? parseConfig(String(answer.data)) : {}
}

/** Keys of a copy that hold volumes of what it was made from; none where that cannot be looked at any more. */
export const copiedKeys = async (ctx: RunContext, { guest, requests }: Step): Promise<readonly string[]> => {
  const clone = requests.find(({ path }) => path.endsWith('/clone'))
  const source = clone && guestOfPath(clone.path)?.guest
  if (source) {
    const reading = await readGuest(ctx.asking, source)
    return reading.kind === 'present'
      ? [...volumesOf(source, reading.view.raw).keys()].filter((key) => !isUnused(key))
      : []
  }
  const params = requests.find(({ params: given = {} }) => 'archive' in given || 'restore' in given)?.params ?? {}
  const archive = params['archive'] ?? params['ostemplate']
  if (!guest || archive === undefined) return []
  return [...volumesOf(guest, await configOfArchive(ctx, guest.node, archive)).keys()].filter((key) => !isUnused(key))
}
