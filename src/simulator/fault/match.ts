import type { SeenRequest } from '../http/server.ts'
import type { Task } from '../task/task.ts'
import type { RequestPattern, TaskPattern } from './fault.ts'

const asRegExp = (pattern: string): RegExp => {
  const body = pattern
    .replace(/^\/api2\/json/, '')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
  return new RegExp(`^${body}$`)
}

const sameText = (wanted: string, got: unknown): boolean =>
  got !== undefined && (wanted === '*' || wanted === (got === true ? '1' : got === false ? '0' : String(got)))

/** Whether a fault is for this request. */
export const matchesRequest = ({ method, path, params }: RequestPattern, seen: SeenRequest): boolean =>
  (method === undefined || method.toUpperCase() === seen.verb) &&
  (path === undefined || asRegExp(path).test(seen.path)) &&
  Object.entries(params ?? {}).every(([key, value]) => sameText(value, seen.params[key]))

/** Whether a fault is for this task. */
export const matchesTask = ({ type, id, node }: TaskPattern, task: Task): boolean =>
  (type === undefined || type === task.type) &&
  (id === undefined || String(id) === task.id) &&
  (node === undefined || node === task.node)
