import { sha256 } from '../util/sha256.ts'

/** Who is to be given rights: a user, or a token of one. */
export interface Grantee {
  /** `user@realm` or `user@realm!token`. */
  readonly principal: string
  /** Of a token: whether it has rights of its own; missing when that is not known. */
  readonly separated?: boolean
}

/** A token without privilege separation has its user's rights and none of its own; one with it has what both have. */
const subjectOf = ({ principal, separated }: Grantee): string => {
  const [user = ''] = principal.split('!')
  if (user === principal || separated === false) return `--users ${user}`
  const ofToken = `--tokens '${principal}'`
  return user === 'root@pam' ? ofToken : `--users ${user} ${ofToken}`
}

/**
 * Commands, on a node, that give privileges on paths. Rights on a path replace those that come from above it, so `privileges` has to hold those
 * that are to stay as well. The names of the roles are made of what they hold: a role that is there already is the same.
 */
export const grantCommands = (
  grantee: Grantee,
  grants: readonly { readonly path: string; readonly privileges: readonly string[] }[],
): readonly string[] => {
  const roles = new Map<string, string>()
  const lines: string[] = []
  for (const { path, privileges } of grants) {
    const text = [...new Set(privileges)].sort().join(',')
    const known = roles.get(text)
    const role = known ?? `mpc-${sha256(text).slice(0, 6)}`
    if (known === undefined) lines.push(`pveum role add ${role} --privs "${text}"`)
    roles.set(text, role)
    lines.push(`pveum acl modify ${path} ${subjectOf(grantee)} --roles ${role}`)
  }
  return lines
}

/** Why the commands name whom they name; empty for a user. */
export const granteeNote = ({ principal, separated }: Grantee): string => {
  if (!principal.includes('!')) return ''
  const [user] = principal.split('!')
  if (separated === false)
    return ` The token has no privilege separation: it has the rights of ${user}, and none can be given to it alone.`
  if (separated === true)
    return ` The token has privilege separation: it has only what both ${user} and the token itself have.`
  return ` A token without privilege separation has its user's rights; one with it has only what both the user and the token have. These commands suit both.`
}
