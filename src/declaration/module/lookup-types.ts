/** What each lookup takes; `name` or a number says which one is meant. */
export const LOOKUP_TYPES = {
  node: ['name'],
  storage: ['name', 'node'],
  template: ['name', 'vmid', 'node'],
  guest: ['name', 'vmid', 'node'],
} as const satisfies { readonly [type: string]: readonly string[] }
