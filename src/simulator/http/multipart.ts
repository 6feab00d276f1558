import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import { PveError } from '../api/error.ts'

const maxField = 1024 * 1024

/** The temporary name under which PVE's server keeps an uploaded file; here it tells how many bytes came. */
const temporaryName = (size: number): string => `/var/tmp/pveupload-${size.toString(16).padStart(16, '0')}`

/** Bytes of the file behind a temporary name; nothing when it is none. */
export const uploadedBytes = (name: string): number | undefined => {
  const hex = /^\/var\/tmp\/pveupload-([0-9a-f]+)$/.exec(name)?.[1]
  return hex === undefined ? undefined : Number.parseInt(hex, 16)
}

/**
 * Reads `multipart/form-data`, the way files are uploaded: the fields, and for the file its name as `filename` and a temporary name as
 * `tmpfilename`, as PVE's server hands them to the method. Nothing when the body is of another type; a body that is cut short is a 501.
 */
export const readMultipart = async (request: IncomingMessage): Promise<Record<string, unknown> | undefined> => {
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(request.headers['content-type'] ?? '')) return undefined
  const params: Record<string, unknown> = {}
  const reader = busboy({
    headers: request.headers,
    defParamCharset: 'utf8',
    preservePath: true,
    limits: { fieldSize: maxField },
  })
  reader.on('field', (name, value) => {
    params[name] = value
  })
  reader.on('file', (_, bytes, { filename }) => {
    let size = 0
    bytes.on('data', (part: Buffer) => {
      size += part.length
    })
    bytes.on('error', (error) => reader.destroy(error))
    bytes.on('end', () => Object.assign(params, { filename, tmpfilename: temporaryName(size) }))
  })
  try {
    await pipeline(request, reader)
  } catch (error) {
    throw new PveError(501, error instanceof Error ? error.message : String(error), undefined, true)
  }
  return params
}
