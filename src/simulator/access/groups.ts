import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import type { Group } from '../auth/access-state.ts'
import { changeAccess, setText } from './change.ts'

const groupOf = (call: Call): Group => {
  const groupid = call.text('groupid')
  return call.world.access.groups.get(groupid) ?? raise(`group '${groupid}' does not exist`)
}

const commentOf = ({ comment }: Group): Record<string, unknown> => (comment === undefined ? {} : { comment })

const listGroups = (call: Call): readonly unknown[] =>
  [...call.world.access.groups.values()]
    .filter(({ groupid }) =>
      call.allowed(`/access/groups/${groupid}`, ['User.Modify', 'Sys.Audit', 'Group.Allocate'], true),
    )
    .map((group) => ({ groupid: group.groupid, ...commentOf(group), users: [...group.users].sort().join(',') }))

const createGroup = (call: Call): null =>
  changeAccess(call, 'create group', () => {
    const { groups } = call.world.access
    const groupid = call.text('groupid')
    if (groups.has(groupid)) raise(`group '${groupid}' already exists`)
    const group: Group = { groupid, users: new Set() }
    setText(group, 'comment', call)
    groups.set(groupid, group)
    return null
  })

/** PVE API: /access/groups. */
export const groupRoutes: RouteTable = {
  'GET /access/groups': listGroups,
  'POST /access/groups': createGroup,
  'GET /access/groups/{groupid}': (call) => {
    const group = groupOf(call)
    return { ...commentOf(group), members: [...group.users].sort() }
  },
  'PUT /access/groups/{groupid}': (call) =>
    changeAccess(call, 'update group', () => {
      setText(groupOf(call), 'comment', call)
      return null
    }),
  'DELETE /access/groups/{groupid}': (call) =>
    changeAccess(call, 'delete group', () => {
      const { access } = call.world
      const { groupid } = groupOf(call)
      access.groups.delete(groupid)
      access.acl = access.acl.filter(({ type, ugid }) => type !== 'group' || ugid !== groupid)
      return null
    }),
}
