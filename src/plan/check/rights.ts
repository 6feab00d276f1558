import type { ObservedRights } from '../../resource/observed.ts'

/** A path and all above it, nearest first: `/vms/100`, `/vms`, `/`. */
const upwards = (path: string): readonly string[] => {
  const parts = path.split('/').filter((part) => part !== '')
  return [...parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`), '/']
}

/**
 * Whether the login has a privilege on a path: PVE lists every path that has rights of its own, and whatever lies below has those of the
 * nearest one that is listed. Without knowledge of rights everybody may do everything, and the server says no.
 */
export const may = (rights: ObservedRights | undefined, path: string, privilege: string): boolean => {
  if (!rights) return true
  for (const place of upwards(path)) {
    const here = rights.paths[place]
    if (!here) continue
    const below = here[privilege]
    return below === true || (below === false && place === path)
  }
  return false
}

/** Whether it has one of several. */
export const mayAny = (rights: ObservedRights | undefined, path: string, privileges: readonly string[]): boolean =>
  privileges.some((privilege) => may(rights, path, privilege))

/** All privileges the login has on a path. */
export const privilegesAt = ({ paths }: ObservedRights, path: string): readonly string[] => {
  const place = upwards(path).find((each) => paths[each] !== undefined)
  return Object.entries(paths[place ?? ''] ?? {}).flatMap(([privilege, below]) =>
    below || place === path ? [privilege] : [],
  )
}
