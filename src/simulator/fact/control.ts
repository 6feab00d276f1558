import type { Answer } from '../http/answer.ts'
import { controlAnswer, parseControlBody } from '../http/control-answer.ts'
import type { Control } from '../http/server.ts'
import type { World } from '../state/world.ts'
import { worldFacts } from './world-facts.ts'
import { writeAsGuest } from './write-as-guest.ts'

const readWrite = (body: string): { readonly vmid: number; readonly keys?: readonly string[] } | string => {
  const parsed = parseControlBody(body)
  if (typeof parsed === 'string') return parsed
  const given = (parsed.value ?? {}) as Readonly<Record<string, unknown>>
  const keys = given['keys']
  if (typeof given['vmid'] !== 'number') return "'vmid' is a number"
  if (keys === undefined) return { vmid: given['vmid'] }
  return Array.isArray(keys) ? { vmid: given['vmid'], keys: keys.map(String) } : "'keys' is a list"
}

const write = (world: World, body: string): Answer => {
  const wanted = readWrite(body)
  if (typeof wanted === 'string') return controlAnswer(400, 'Bad Request', { error: wanted })
  if (world.guests.get(wanted.vmid)?.running === undefined)
    return controlAnswer(409, 'Conflict', { error: `guest ${wanted.vmid} does not run` })
  return controlAnswer(200, 'OK', writeAsGuest(world, wanted.vmid, wanted.keys))
}

/**
 * More of the control endpoint: GET /simulator/facts tells what the cluster is at this moment, POST /simulator/write with
 * `{ vmid, keys? }` makes a running guest write and answers the new tokens.
 */
export const factControl =
  (world: World): Control =>
  (verb, path, body) => {
    if (path === '/simulator/facts') {
      if (verb === 'GET') return controlAnswer(200, 'OK', worldFacts(world))
      return controlAnswer(405, 'Method Not Allowed', { error: `${verb} is not for ${path}` })
    }
    if (path !== '/simulator/write') return undefined
    if (verb === 'POST') return write(world, body)
    return controlAnswer(405, 'Method Not Allowed', { error: `${verb} is not for ${path}` })
  }
