import type { World } from '../state/world.ts'

const NO_SECRET = '00000000-0000-0000-0000-000000000000'

/** The users of the recorded node: root with a token `tf` of an all-zero secret, and alice in the group `ops`. */
export const addRecordedUsers = (world: World): void => {
  const { users, groups } = world.access
  const root = users.get('root@pam')
  if (root) root.otherPasswords = ['proxmox123']
  users
    .get('root@pam')
    ?.tokens.set('tf', { tokenid: 'tf', expire: 0, privsep: false, comment: 'terraform', secret: NO_SECRET })
  users.set('alice@pve', {
    userid: 'alice@pve',
    enable: true,
    expire: 0,
    comment: 'Alice',
    email: 'a@x.io',
    password: 'alicepass1',
    tokens: new Map(),
  })
  groups.set('ops', { groupid: 'ops', comment: 'Ops', users: new Set(['alice@pve']) })
}
