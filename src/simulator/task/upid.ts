/** The parts of a PVE task id (`UPID:node:pid:pstart:starttime:type:id:user:`). */
export type Upid = {
  readonly node: string
  readonly pid: number
  readonly pstart: number
  /** Seconds since 1970. */
  readonly starttime: number
  readonly type: string
  readonly id: string
  readonly user: string
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')

export const printUpid = (upid: Upid): string =>
  `UPID:${upid.node}:${hex(upid.pid)}:${hex(upid.pstart)}:${hex(upid.starttime)}:${upid.type}:${upid.id}:${upid.user}:`

const shape =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/

/** Reads a task id; nothing when the text is none. */
export const parseUpid = (text: string): Upid | undefined => {
  const found = shape.exec(text)
  if (!found) return undefined
  const [, node = '', pid = '', pstart = '', starttime = '', type = '', id = '', user = ''] = found
  return {
    node,
    pid: parseInt(pid, 16),
    pstart: parseInt(pstart, 16),
    starttime: parseInt(starttime, 16),
    type,
    id,
    user,
  }
}
