import type { Answer } from '../http/answer.ts'
import { controlAnswer as json, parseControlBody as parse } from '../http/control-answer.ts'
import type { Control } from '../http/server.ts'
import { parseFault } from './fault.ts'
import type { Faults } from './faults.ts'

const add = (faults: Faults, body: string): Answer => {
  const parsed = parse(body)
  if (typeof parsed === 'string') return json(400, 'Bad Request', { error: parsed })
  const fault = parseFault(parsed.value)
  if (typeof fault === 'string') return json(400, 'Bad Request', { error: fault })
  return json(201, 'Created', { id: faults.add(fault) })
}

/**
 * The control endpoint, open to whoever reaches the port: GET /simulator/faults lists, POST adds one (a FaultSpec as JSON),
 * DELETE takes all away, DELETE /simulator/faults/{id} one of them.
 */
export const faultControl =
  (faults: Faults): Control =>
  (verb, path, body) => {
    const [, id] = /^\/simulator\/faults(?:\/(\w+))?\/?$/.exec(path) ?? []
    if (!path.startsWith('/simulator/faults') || (id === undefined && !/^\/simulator\/faults\/?$/.test(path)))
      return undefined
    if (verb === 'GET' && id === undefined) return json(200, 'OK', faults.list())
    if (verb === 'POST' && id === undefined) return add(faults, body)
    if (verb === 'DELETE' && id === undefined) {
      faults.clear()
      return json(200, 'OK', [])
    }
    if (verb === 'DELETE' && id !== undefined)
      return faults.remove(id) ? json(200, 'OK', { id }) : json(404, 'Not Found', { error: `no fault '${id}'` })
    return json(405, 'Method Not Allowed', { error: `${verb} is not for ${path}` })
  }
