/** One spelling for fingerprints: upper-case bytes with colons, as PVE's web interface shows them; undefined when it is not SHA-256. */
export const canonicalFingerprint = (text: string): string | undefined => {
  const digits = text
    .trim()
    .replace(/^sha-?256[:= ]/i, '')
    .replace(/[:\s]/g, '')
  return /^[0-9a-f]{64}$/i.test(digits) ? (digits.toUpperCase().match(/../g) ?? []).join(':') : undefined
}
