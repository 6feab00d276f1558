const paddedNumbers = (text: string): string => text.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'))

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Orders names as people count: `vm.web[2]` before `vm.web[10]`. */
export const compareNaturally = (a: string, b: string): number =>
  compareTexts(paddedNumbers(a), paddedNumbers(b)) || compareTexts(a, b)

/** Items in that order of their names; each name is prepared once. */
export const inOrder = <T>(items: readonly T[], name: (item: T) => string): readonly T[] =>
  items
    .map((item) => ({ item, key: paddedNumbers(name(item)), name: name(item) }))
    .sort((a, b) => compareTexts(a.key, b.key) || compareTexts(a.name, b.name))
    .map(({ item }) => item)
