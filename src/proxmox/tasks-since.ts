import type { Server, TaskEntry } from '../resource/server.ts'

const LIMIT = 500

type Get = (path: string, params: Readonly<Record<string, string | number>>) => Promise<unknown>

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const entryOf = (raw: Record<string, unknown>): TaskEntry => ({
  upid: String(raw['upid'] ?? ''),
  type: String(raw['type'] ?? ''),
  id: String(raw['id'] ?? ''),
  user: String(raw['user'] ?? ''),
  starttime: Number(raw['starttime'] ?? 0),
  ...(raw['status'] !== undefined && raw['status'] !== null && { status: String(raw['status']) }),
})

/** Finished and running tasks of one guest (PVE API: GET /nodes/{node}/tasks). Throws `DiagnosticError`. */
export const listTasks =
  (get: Get): Server['tasksSince'] =>
  async (node, vmid, since) => {
    const data = await get(`/nodes/${node}/tasks`, { vmid, since, source: 'all', limit: LIMIT })
    const entries = Array.isArray(data) ? data.filter(isRecord).map(entryOf) : []
    // A task that ends while the list is made may stand in it twice: running and finished.
    const byUpid = new Map<string, TaskEntry>()
    for (const entry of entries) {
      const known = byUpid.get(entry.upid)
      if (entry.starttime >= since && (known === undefined || known.status === undefined)) byUpid.set(entry.upid, entry)
    }
    return [...byUpid.values()].sort((a, b) => b.starttime - a.starttime)
  }
