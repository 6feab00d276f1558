import type { IncomingMessage } from 'node:http'

const maxField = 1024 * 1024

type Part = { readonly name: string; readonly file: string | undefined; size: number; text: string }

const quoted = (headers: string, key: string): string | undefined =>
  new RegExp(`[; ]${key}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(headers)?.[1]?.replace(/\\(.)/g, '$1')

const partOf = (headers: string): Part => ({
  name: quoted(headers, 'name') ?? '',
  file: quoted(headers, 'filename'),
  size: 0,
  text: '',
})

/** The temporary name under which PVE's server keeps an uploaded file; here it tells how many bytes came. */
const temporaryName = (size: number): string => `/var/tmp/pveupload-${size.toString(16).padStart(16, '0')}`

/** Bytes of the file behind a temporary name; nothing when it is none. */
export const uploadedBytes = (name: string): number | undefined => {
  const hex = /^\/var\/tmp\/pveupload-([0-9a-f]+)$/.exec(name)?.[1]
  return hex === undefined ? undefined : Number.parseInt(hex, 16)
}

/** Takes a multipart body apart as it comes: fields are kept, of files only their size. */
const makeReader = (boundary: string) => {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const parts: Part[] = []
  let rest: Buffer = Buffer.from('\r\n')
  let open: Part | undefined
  let inHeaders = false
  const keep = (bytes: Buffer): void => {
    if (open === undefined) return
    open.size += bytes.length
    if (open.file === undefined && open.text.length < maxField) open.text += bytes.toString('utf8')
  }
  const step = (): boolean => {
    if (inHeaders) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return false
      open = partOf(` ${rest.subarray(0, end).toString('utf8')}`)
      parts.push(open)
      rest = rest.subarray(end + 4)
      inHeaders = false
      return true
    }
    const end = rest.indexOf(delimiter)
    if (end >= 0) {
      keep(rest.subarray(0, end))
      open = undefined
      rest = rest.subarray(end + delimiter.length)
      inHeaders = true
      return true
    }
    const sure = Math.max(0, rest.length - delimiter.length)
    keep(rest.subarray(0, sure))
    rest = rest.subarray(sure)
    return false
  }
  return {
    parts,
    add: (bytes: Buffer): void => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      while (step());
    },
  }
}

/**
 * Reads `multipart/form-data`, the way files are uploaded: the fields, and for the file its name as `filename` and a temporary name as
 * `tmpfilename`, as PVE's server hands them to the method. Nothing when the body is of another type.
 */
export const readMultipart = async (request: IncomingMessage): Promise<Record<string, unknown> | undefined> => {
  const type = request.headers['content-type'] ?? ''
  const boundary = /^multipart\/form-data\s*;.*boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (boundary === undefined) return undefined
  const reader = makeReader(boundary)
  for await (const bytes of request) reader.add(bytes as Buffer)
  const params: Record<string, unknown> = {}
  for (const { name, file, size, text } of reader.parts) {
    if (file === undefined) params[name] = text
    else Object.assign(params, { filename: file, tmpfilename: temporaryName(size) })
  }
  return params
}
