import { createHash } from 'node:crypto'

/** A section of one of PVE's sectioned files (resources.cfg, jobs.cfg, zones.cfg …): its keys hold text. */
export type FileSection = Readonly<Record<string, string>>

/**
 * The text of a section as PVE writes it: the comment first, then the required keys, then the others, each in order.
 * Digests that clients send back are made of it (seen on PVE 9.2: HA resources, HA rules and SDN zones have the recorded digests).
 */
export const sectionText = (header: string, section: FileSection, required: readonly string[] = []): string => {
  const keys = Object.keys(section).sort()
  const ordered = [
    ...keys.filter((key) => key === 'comment'),
    ...keys.filter((key) => required.includes(key)),
    ...keys.filter((key) => key !== 'comment' && !required.includes(key)),
  ]
  return `${header}\n${ordered.map((key) => `\t${key} ${section[key]}\n`).join('')}\n`
}

export const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

/** The section with what a request sets and without the keys it deletes. */
export const changedSection = (section: FileSection, set: FileSection, gone: readonly string[]): FileSection => ({
  ...Object.fromEntries(Object.entries(section).filter(([key]) => !gone.includes(key))),
  ...set,
})

/** Only those of a request's parameters that belong into the section. */
export const pickKeys = (params: FileSection, keys: readonly string[]): FileSection =>
  Object.fromEntries(Object.entries(params).filter(([key]) => keys.includes(key)))

/** A section with its numeric keys as numbers, as the API shows them. */
export const withNumbers = (section: FileSection, numeric: readonly string[]): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key, numeric.includes(key) ? Number(value) : value]),
  )
