import { splitList } from '../schema/check.ts'
import { splitPropertyString } from '../schema/property-string.ts'
import type { World } from '../state/world.ts'

const styleFormat = { 'case-sensitive': { optional: 1, type: 'boolean' } } as const

const isCaseSensitive = (world: World): boolean => {
  const style = world.options['tag-style']
  return style !== undefined && splitPropertyString(styleFormat, style)['case-sensitive'] === '1'
}

/** Tags as PVE keeps them: lower case, each once, sorted, joined by semicolons. PVE source: `get_unique_tags`. */
export const uniqueTags = (world: World, text: string): string => {
  const tags = splitList(text).map((tag) => (isCaseSensitive(world) ? tag : tag.toLowerCase()))
  return [...new Set(tags)].sort().join(';')
}
