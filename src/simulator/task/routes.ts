import type { Call, RouteTable } from '../api/call.ts'
import { raiseParam } from '../api/error.ts'
import type { Task } from './task.ts'
import { parseUpid } from './upid.ts'

const seconds = (ms: number): number => Math.floor(ms / 1000)

const userOf = (task: Task): Record<string, unknown> => {
  const at = task.user.indexOf('!')
  return at < 0 ? { user: task.user } : { user: task.user.slice(0, at), tokenid: task.user.slice(at + 1) }
}

const summary = (task: Task): Record<string, unknown> => ({
  upid: task.upid,
  node: task.node,
  pid: task.pid,
  pstart: task.pstart,
  starttime: task.starttime,
  type: task.type,
  id: task.id,
  ...userOf(task),
  ...(task.endtime === undefined ? {} : { endtime: seconds(task.endtime), status: task.exitstatus }),
})

/** A task as the list of active ones has it: with the full token id as user. */
const listed = (task: Task): Record<string, unknown> => {
  const { tokenid: _, ...rest } = summary(task)
  return { ...rest, user: task.user, saved: task.endtime === undefined ? '0' : '1' }
}

const active = (task: Task): Record<string, unknown> => ({
  ...listed(task),
  ...(task.endtime === undefined ? { status: 'RUNNING' } : {}),
})

const find = (call: Call): Task => {
  if (parseUpid(call.text('upid')) === undefined) raiseParam({ upid: 'unable to parse worker upid' })
  const task = call.world.tasks.find(call.text('upid'))
  return task ?? raiseParam({ upid: 'no such task' })
}

const isOwn = (call: Call, task: Task): boolean => task.user === call.who.id || task.user.split('!')[0] === call.who.id

const checkOwner = (call: Call, task: Task, privilege = 'Sys.Audit'): void => {
  if (!isOwn(call, task)) call.require(`/nodes/${task.node}`, [privilege])
}

/** Model milliseconds between two looks at a task. */
const POLL = 1000

/** A client that waits for a task lets a virtual clock go on to what happens next. */
const letTimePass = async (call: Call, task: Task): Promise<void> => {
  if (task.endtime !== undefined || !call.world.clock.virtual) return
  call.world.clock.jump(POLL)
  await new Promise<void>((turn) => setImmediate(turn))
}

const classOf = (status: string | undefined): string => {
  if (status === undefined || status === '') return 'unknown'
  if (status === 'OK') return 'ok'
  if (status.startsWith('WARNINGS:')) return 'warning'
  return status === 'unexpected status' ? 'unknown' : 'error'
}

const listTasks = (call: Call): unknown => {
  const node = call.node().name
  const source = call.text('source') || 'archive'
  const all = call.allowed(`/nodes/${node}`, ['Sys.Audit'])
  const states = call.list('statusfilter')
  const found = call.world.tasks.list(node).filter((task) => {
    const running = task.endtime === undefined
    if (running ? source === 'archive' : source === 'active') return false
    if (!all && !isOwn(call, task)) return false
    if (call.has('vmid') && task.id !== call.text('vmid')) return false
    if (call.has('typefilter') && task.type !== call.text('typefilter')) return false
    if (call.has('userfilter') && !task.user.includes(call.text('userfilter'))) return false
    if (call.has('since') && task.starttime < call.number('since')) return false
    if (call.has('until') && task.starttime > call.number('until')) return false
    if (call.flag('errors') && (running || task.exitstatus === 'OK')) return false
    return states.length === 0 || (!running && states.includes(classOf(task.exitstatus)))
  })
  const start = call.number('start')
  if (found.length > 0) call.extra['total'] = found.length
  return found.slice(start, start + call.number('limit', 50)).map(source === 'active' ? active : summary)
}

/** Task lists, status, log and abort. PVE API: /nodes/{node}/tasks and /cluster/tasks. */
export const taskRoutes: RouteTable = {
  'GET /nodes/{node}/tasks': listTasks,
  'GET /nodes/{node}/tasks/{upid}': () => [{ name: 'log' }, { name: 'status' }],
  'GET /nodes/{node}/tasks/{upid}/status': async (call) => {
    const task = find(call)
    checkOwner(call, task)
    await letTimePass(call, task)
    const { endtime: _, ...rest } = summary(task)
    return {
      ...rest,
      ...(task.endtime === undefined ? { status: 'running' } : { status: 'stopped', exitstatus: task.exitstatus }),
    }
  },
  'GET /nodes/{node}/tasks/{upid}/log': async (call) => {
    const task = find(call)
    checkOwner(call, task)
    await letTimePass(call, task)
    const start = call.number('start')
    const limit = call.number('limit', 50)
    call.extra['total'] = Math.max(1, task.text.length)
    if (task.text.length === 0) return start === 0 ? [{ n: 1, t: 'no content' }] : []
    return task.text
      .slice(start, limit === 0 ? undefined : start + limit)
      .map((t, index) => ({ n: start + index + 1, t }))
  },
  'DELETE /nodes/{node}/tasks/{upid}': (call) => {
    const task = find(call)
    checkOwner(call, task, 'Sys.Modify')
    task.stop()
    return null
  },
  'GET /cluster/tasks': (call) =>
    call.world.tasks
      .list()
      .filter((task) => call.allowed('/', ['Sys.Audit']) || userOf(task)['user'] === call.who.id)
      .slice(0, 25)
      .map((task) => {
        const { pid, pstart, ...rest } = { ...listed(task), ...userOf(task) }
        return task.endtime === undefined ? { ...rest, pid, pstart } : rest
      }),
}
