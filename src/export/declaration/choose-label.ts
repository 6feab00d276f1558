const FIRST = /^[A-Za-z_]/

/** A label out of a name of any sort: without marks on letters, dots and blanks; empty when nothing is left of it. */
const labelOf = (name: string, kind: string): string => {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return plain === '' || FIRST.test(plain) ? plain : `${kind}-${plain}`
}

/**
 * The label of a guest or pool: its name where that is one, else what comes nearest. Of equal names the later ones get the number behind theirs.
 * Labels are told apart in lower case as well, because they become names of files; `taken` grows.
 */
export const chooseLabel = (
  kind: string,
  { name, number }: { readonly name: string; readonly number: number | undefined },
  taken: Set<string>,
): string => {
  const own = labelOf(name, kind)
  const numbered = number === undefined ? [] : [own === '' ? `${kind}-${number}` : `${own}-${number}`]
  const base = own === '' ? `${kind}${number === undefined ? '' : `-${number}`}` : own
  const isFree = (label: string) => !taken.has(`${kind}.${label}`.toLowerCase())
  let label = [base, ...numbered].find(isFree)
  for (let n = 2; label === undefined; n++) label = isFree(`${base}-${n}`) ? `${base}-${n}` : undefined
  taken.add(`${kind}.${label}`.toLowerCase())
  return label
}
