const paddedNumbers = (text: string): string => text.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'))

/** Items in the order people count their names: `vm.web[2]` before `vm.web[10]`; each name is prepared once. */
export const inOrder = <T>(items: readonly T[], name: (item: T) => string): readonly T[] =>
  items
    .map((item) => ({ item, key: paddedNumbers(name(item)), name: name(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ item }) => item)
