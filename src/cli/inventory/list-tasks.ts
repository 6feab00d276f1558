import { DiagnosticError } from '../../diagnostic/diagnostic-error.ts'
import { parseUpid } from '../../proxmox/upid.ts'
import type { Listing, Row } from '../../render/inventory/row.ts'
import { rowsOf } from '../../sync/read-inventory.ts'
import type { Session } from '../session/session.ts'

const COLUMNS = ['start', 'type', 'id', 'node', 'status', 'user', 'run', 'end', 'upid']
const SHOWN = ['start', 'type', 'id', 'node', 'status', 'user', 'run']

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

const rowOf = (upid: string, status: string, run: string | undefined, end?: number): Row => {
  const { node, starttime, type, id, user } = parseUpid(upid) ?? {}
  return {
    start: starttime === undefined ? null : isoOf(starttime),
    type: type ?? null,
    id: id ?? null,
    node: node ?? null,
    status,
    user: user ?? null,
    run: run ?? null,
    end: end === undefined ? null : isoOf(end),
    upid,
  }
}

/** PVE API: GET /cluster/tasks, the latest of each node. */
const fromServer = async (session: Session, runs: ReadonlyMap<string, string>): Promise<readonly Row[]> => {
  const answer = await (await session.reader()).send({ method: 'GET', path: '/cluster/tasks', params: {} })
  if (answer.kind !== 'answered') throw new DiagnosticError([answer.diagnostic])
  return rowsOf(answer.data).flatMap(({ upid, status, endtime }) =>
    typeof upid === 'string'
      ? [
          rowOf(
            upid,
            typeof status === 'string' ? status : 'running',
            runs.get(upid),
            endtime === undefined ? undefined : Number(endtime),
          ),
        ]
      : [],
  )
}

/** Tasks, newest first: those that runs of mpc have started; `fresh`: the latest of the whole cluster. */
export const listTasks = async (session: Session, { fresh }: { readonly fresh: boolean }): Promise<Listing> => {
  const own = await session.store.changes.tasks()
  const runs = new Map(own.map(({ upid, run }) => [upid, run]))
  const rows = fresh ? await fromServer(session, runs) : own.map(({ upid, status, run }) => rowOf(upid, status, run))
  return {
    columns: COLUMNS,
    shown: SHOWN,
    rows: rows.toSorted((a, b) => String(b['start']).localeCompare(String(a['start']))),
  }
}
