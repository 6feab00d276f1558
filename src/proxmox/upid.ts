/** What a task id says: `UPID:pve1:00006EF0:0008DFB0:6B01779E:qmcreate:171:root@pam:`. */
export interface UpidParts {
  readonly node: string
  /** Unix seconds. */
  readonly starttime: number
  readonly type: string
  readonly id: string
  readonly user: string
}

/** Undefined when the text is no task id. */
export const parseUpid = (text: string): UpidParts | undefined => {
  const match = /^UPID:([^:\s]+):[0-9A-F]{8}:[0-9A-F]{8,9}:([0-9A-F]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/i.exec(text)
  if (!match) return undefined
  const [, node = '', started = '', type = '', id = '', user = ''] = match
  return { node, starttime: Number.parseInt(started, 16), type, id, user }
}
