/**
 * A Perl pattern of PVE's API description as a JavaScript one. Only what those patterns use is translated: `(?^:…)` groups and
 * `{,n}` counts.
 */
const fromPerl = (pattern: string): string => pattern.replaceAll('(?^:', '(?:').replaceAll('{,', '{0,')

/** Anchors a pattern at both ends, as PVE does when it verifies a parameter. */
export const anchored = (pattern: string): string => `^(?:${fromPerl(pattern)})$`
