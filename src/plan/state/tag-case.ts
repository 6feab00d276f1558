import type { ConfigValue } from '../../resource/config-value.ts'
import type { Desired, DesiredResource } from '../../resource/desired.ts'
import type { Observed } from '../../resource/observed.ts'
import { asGuest } from '../../resource/resource-kind.ts'

/** Tags as a cluster keeps them that does not tell upper from lower case. PVE source: `get_unique_tags`. */
export const lowerCaseTags = (tags: ConfigValue | undefined): ConfigValue | undefined =>
  Array.isArray(tags) ? [...new Set(tags.map((tag) => String(tag).toLowerCase()))].sort() : tags

const withLowerTags = (resource: DesiredResource): DesiredResource => {
  const guest = asGuest(resource)
  const tags = guest?.config['tags']
  return guest && tags !== undefined
    ? { ...guest, config: { ...guest.config, tags: lowerCaseTags(tags) ?? tags } }
    : resource
}

/** The declarations with tags as the cluster is going to have them. */
export const withTagCase = (desired: Desired, { cluster }: Observed): Desired =>
  cluster.caseSensitiveTags ? desired : { ...desired, resources: desired.resources.map(withLowerTags) }
