import type { Call, RouteTable } from '../api/call.ts'
import { raise, raiseParam } from '../api/error.ts'
import type { Token, User } from '../auth/access-state.ts'

/** A token as the API shows it: everything but its secret. */
export const shownToken = ({ expire, privsep, comment }: Token): Record<string, unknown> => ({
  expire,
  privsep: privsep ? 1 : 0,
  ...(comment === undefined ? {} : { comment }),
})

const ownerOf = (call: Call): User => {
  const userid = call.text('userid')
  return call.world.access.users.get(userid) ?? raise(`no such user ('${userid}')`)
}

const tokenOf = (call: Call): Token => {
  const owner = ownerOf(call)
  const id = call.text('tokenid')
  return owner.tokens.get(id) ?? raise(`no such token '${id}' for user '${owner.userid}'`)
}

/** What a request said of a token, as PVE gives it back: values as they came, `privsep` always. */
const given = (call: Call): Record<string, unknown> => ({
  ...(call.has('comment') ? { comment: call.text('comment') } : {}),
  ...(call.has('expire') ? { expire: call.text('expire') } : {}),
  privsep: call.has('privsep') ? call.text('privsep') : 1,
})

const createToken = (call: Call): unknown => {
  const owner = ownerOf(call)
  const tokenid = call.text('tokenid')
  if (owner.tokens.has(tokenid)) raiseParam({ tokenid: 'Token already exists.' })
  const secret = call.world.random.uuid()
  owner.tokens.set(tokenid, {
    tokenid,
    expire: call.number('expire'),
    privsep: !call.has('privsep') || call.flag('privsep'),
    secret,
    ...(call.text('comment').trim() === '' ? {} : { comment: call.text('comment').trim() }),
  })
  call.world.access.generation++
  return { 'full-tokenid': `${owner.userid}!${tokenid}`, info: given(call), value: secret }
}

const updateToken = (call: Call): unknown => {
  const token = tokenOf(call)
  if (call.has('expire')) token.expire = call.number('expire')
  if (call.has('privsep')) token.privsep = call.flag('privsep')
  if (call.text('comment').trim() !== '') token.comment = call.text('comment').trim()
  const gone = call.list('delete')
  if (gone.includes('comment') || (call.has('comment') && call.text('comment') === '')) delete token.comment
  if (gone.includes('expire')) token.expire = 0
  if (gone.includes('privsep')) token.privsep = true
  call.world.access.generation++
  const { privsep, expire } = call.params
  const shown = {
    ...shownToken(token),
    ...(privsep === undefined ? {} : { privsep }),
    ...(expire === undefined ? {} : { expire }),
  }
  if (!call.flag('regenerate')) return shown
  token.secret = call.world.random.uuid()
  return { ...shown, 'full-tokenid': `${call.text('userid')}!${token.tokenid}`, value: token.secret }
}

const deleteToken = (call: Call): null => {
  const { access } = call.world
  const id = `${ownerOf(call).userid}!${tokenOf(call).tokenid}`
  ownerOf(call).tokens.delete(call.text('tokenid'))
  access.acl = access.acl.filter(({ type, ugid }) => type !== 'token' || ugid !== id)
  access.generation++
  return null
}

/** PVE API: /access/users/{userid}/token. */
export const tokenRoutes: RouteTable = {
  'GET /access/users/{userid}/token': (call) =>
    [...ownerOf(call).tokens.values()].map((token) => ({ tokenid: token.tokenid, ...shownToken(token) })),
  'GET /access/users/{userid}/token/{tokenid}': (call) => shownToken(tokenOf(call)),
  'POST /access/users/{userid}/token/{tokenid}': createToken,
  'PUT /access/users/{userid}/token/{tokenid}': updateToken,
  'DELETE /access/users/{userid}/token/{tokenid}': deleteToken,
}
