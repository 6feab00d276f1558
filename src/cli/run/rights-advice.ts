import { type Diagnostic, diagnose } from '../../diagnostic/diagnostic.ts'
import { privilegesAt } from '../../plan/check/rights.ts'
import { type MissingRights, missingRights } from '../../plan/missing-rights.ts'
import type { Plan } from '../../plan/plan.ts'
import { rootOnlySettings } from '../../plan/root-only-settings.ts'
import { grantCommands, granteeNote } from '../../resource/grant-commands.ts'
import type { Observed, ObservedRights } from '../../resource/observed.ts'

/** Above this many paths of one family, rights are given once on what they all lie below. */
const MOST_PATHS = 3
const FAMILIES = ['/vms', '/storage', '/pool', '/sdn/zones/localnetwork']

const ROOT_ONLY =
  ' No privilege opens what only root@pam may set, and a token of its own counts as another: set it on the node itself and leave it out, or log in with PROXMOX_VE_USERNAME=root@pam and PROXMOX_VE_PASSWORD.'

type Grant = Pick<MissingRights, 'path' | 'privileges'>

/** Paths that have no rights of their own are taken together where they are many. */
const gathered = (missing: readonly Grant[], rights: ObservedRights): readonly Grant[] =>
  FAMILIES.reduce<readonly Grant[]>((grants, family) => {
    const isOf = ({ path }: Grant) => path.startsWith(`${family}/`) && rights.paths[path] === undefined
    const own = grants.filter(isOf)
    if (own.length <= MOST_PATHS) return grants
    const privileges = [...new Set(own.flatMap((grant) => grant.privileges))].sort()
    return [...grants.filter((grant) => !isOf(grant)), { path: family, privileges }]
  }, missing)

/** Everything the login lacks for a plan, told together, with commands that give it. Undefined when it lacks nothing. */
export const explainMissing = (
  plan: Plan,
  { rights, guests }: Pick<Observed, 'rights' | 'guests'>,
  code: 'cli.rights-missing' | 'cli.rights-refused',
): Diagnostic | undefined => {
  const missing = missingRights(plan, rights, guests)
  const reserved = rootOnlySettings(plan, rights, guests)
  if (!rights || missing.length + reserved.length === 0) return undefined
  const lines = [
    ...missing.map(
      ({ path, privileges, step }) => `- ${privileges.join(', ')} on ${path}, for ${step.address}: ${step.summary}`,
    ),
    ...reserved.map(
      ({ names, step }) => `- a login as root@pam with its password, to set ${names.join(', ')} of ${step.address}`,
    ),
  ]
  const end = code === 'cli.rights-refused' ? 'Nothing was changed.' : 'An apply would be refused.'
  const grants = gathered(missing, rights).map(({ path, privileges }) => ({
    path,
    privileges: [...privilegesAt(rights, path), ...privileges],
  }))
  return diagnose(code, {
    detail: `"${rights.principal}" lacks what the plan, or its undo, needs:\n${lines.join('\n')}\n${end}${missing.length > 0 ? granteeNote(rights) : ''}${reserved.length > 0 ? ROOT_ONLY : ''}`,
    ...(missing.length > 0 && {
      hint: `Grant them, on a node; the roles include what is granted on each path already, because rights on a path replace inherited ones:\n  ${grantCommands(rights, grants).join('\n  ')}`,
    }),
  })
}
