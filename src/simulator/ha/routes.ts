import type { Call, RouteTable } from '../api/call.ts'
import { isQuorate } from '../state/quorum.ts'
import { nowSeconds } from '../state/world.ts'
import { haResourceRoutes } from './resource-routes.ts'
import { haRuleRoutes } from './rule-routes.ts'
import { guestOfSid, haState, managerRuns } from './state.ts'

const serviceEntries = (call: Call): readonly unknown[] =>
  [...haState(call.world).resources].map(([sid, section]) => {
    const guest = guestOfSid(call.world, sid)
    const asked = section['state'] ?? 'started'
    const state = managerRuns(call.world) ? asked : asked === 'ignored' ? 'ignored' : 'queued'
    return {
      id: `service:${sid}`,
      type: 'service',
      sid,
      node: guest?.node,
      state,
      status: `${sid} (${guest?.node ?? ''}, ${state})`,
      request_state: asked,
      max_restart: Number(section['max_restart'] ?? 1),
      max_relocate: Number(section['max_relocate'] ?? 1),
      failback: Number(section['failback'] ?? 1),
    }
  })

const current = (call: Call): readonly unknown[] => {
  const { local, nodes } = call.world
  const quorum = {
    id: 'quorum',
    type: 'quorum',
    node: local,
    status: isQuorate(call.world) ? 'OK' : 'No quorum on node',
    quorate: isQuorate(call.world) ? 1 : 0,
  }
  if (!managerRuns(call.world)) {
    const fencing = {
      id: 'fencing',
      type: 'fencing',
      node: local,
      status: 'standby (CRM watchdog standby)',
      'armed-state': 'standby',
    }
    return [quorum, fencing, ...serviceEntries(call)]
  }
  const timestamp = nowSeconds(call.world)
  const managers = [...nodes.values()].map(({ name, online }) => ({
    id: `lrm:${name}`,
    type: 'lrm',
    node: name,
    status: `${name} (${online ? 'active' : 'old timestamp - dead?'})`,
    timestamp,
  }))
  return [
    quorum,
    { id: 'master', type: 'master', node: local, status: `${local} (active)`, timestamp },
    ...managers,
    ...serviceEntries(call),
  ]
}

/** Everything the simulator serves of this area, by `METHOD /path` of api.json. */
export const haRoutes: RouteTable = {
  ...haResourceRoutes,
  ...haRuleRoutes,
  'GET /cluster/ha/status/current': current,
  'GET /cluster/ha/status/manager_status': ({ world }) => ({
    manager_status: {
      node_status: managerRuns(world)
        ? Object.fromEntries([...world.nodes.values()].map(({ name, online }) => [name, online ? 'online' : 'unknown']))
        : {},
    },
    quorum: { node: world.local, quorate: isQuorate(world) ? '1' : '0' },
  }),
}
