import type { Call, RouteTable } from '../api/call.ts'
import { isQuorate } from '../state/quorum.ts'
import type { ClusterNode, World } from '../state/world.ts'

const nodeEntry = (world: World, node: ClusterNode): Record<string, unknown> => ({
  id: `node/${node.name}`,
  type: 'node',
  name: node.name,
  nodeid: world.clusterName === undefined ? 0 : node.id,
  ip: node.ip,
  level: '',
  local: node.name === world.local ? 1 : 0,
  online: node.online ? 1 : 0,
})

/** A node that is in no cluster has no entry for one (seen on PVE 9.2). */
const status = ({ world }: Call): readonly unknown[] => {
  const nodes = [...world.nodes.values()]
  const entries = nodes.map((node) => nodeEntry(world, node))
  if (world.clusterName === undefined) return entries
  const cluster = {
    id: 'cluster',
    type: 'cluster',
    name: world.clusterName,
    nodes: nodes.length,
    quorate: isQuorate(world) ? 1 : 0,
    version: nodes.length,
  }
  return [cluster, ...entries]
}

/** The last task starts and ends, newest first: what the cluster log is mostly made of. */
const log = (call: Call): readonly unknown[] => {
  const { world } = call
  const events = world.tasks.list().flatMap((task) => {
    const common = { node: task.node, pid: task.pid, user: task.user.replace(/!.*/, ''), tag: 'pvedaemon', pri: 6 }
    const start = { ...common, time: task.starttime, msg: `starting task ${task.upid}` }
    if (task.endtime === undefined) return [start]
    const end = {
      ...common,
      time: Math.floor(task.endtime / 1000),
      msg: `end task ${task.upid} ${task.exitstatus}`,
      pri: task.exitstatus === 'OK' ? 6 : 3,
    }
    return [end, start]
  })
  const full = call.allowed('/', ['Sys.Syslog'])
  return events
    .filter(({ user }) => full || user === call.who.user)
    .map((event, index, all) => ({
      ...event,
      uid: String(all.length - index),
      id: `${all.length - index}:${event.node}`,
    }))
    .slice(0, call.number('max', 50))
}

const mailToRoot = {
  name: 'mail-to-root',
  type: 'sendmail',
  origin: 'builtin',
  comment: "Send mails to root@pam's email address",
}
const defaultMatcher = {
  name: 'default-matcher',
  mode: 'all',
  target: ['mail-to-root'],
  origin: 'builtin',
  comment: "Route all notifications to 'mail-to-root'",
}

const nothing = (): readonly unknown[] => []

/** Lists about the cluster itself that clients read and nobody here writes. */
export const listingRoutes: RouteTable = {
  'GET /cluster/status': status,
  'GET /cluster/log': log,
  'GET /cluster/metrics/server': nothing,
  'GET /cluster/notifications/targets': () => [mailToRoot],
  'GET /cluster/notifications/endpoints/sendmail': () => [{ ...mailToRoot, 'mailto-user': ['root@pam'] }],
  'GET /cluster/notifications/endpoints/gotify': nothing,
  'GET /cluster/notifications/endpoints/smtp': nothing,
  'GET /cluster/notifications/endpoints/webhook': nothing,
  'GET /cluster/notifications/matchers': () => [defaultMatcher],
  'GET /cluster/acme/account': nothing,
  'GET /cluster/acme/plugins': nothing,
  'GET /cluster/jobs/realm-sync': nothing,
  'GET /cluster/qemu/custom-cpu-models': nothing,
  'GET /cluster/config/nodes': ({ world }) =>
    world.clusterName === undefined
      ? []
      : [...world.nodes.values()].map(({ name, id }) => ({ node: name, name, nodeid: String(id) })),
}
