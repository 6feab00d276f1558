/** What each lookup takes. A name or a number says which one is meant; without either it gives all that fit the rest. */
export const LOOKUP_TYPES = {
  node: ['name', 'status'],
  storage: ['name', 'node', 'type', 'content'],
  template: ['name', 'vmid', 'node', 'type', 'pool', 'tags', 'newest'],
  guest: ['name', 'vmid', 'node', 'type', 'status', 'template', 'pool', 'tags'],
} as const satisfies { readonly [type: string]: readonly string[] }

/** What some arguments can be. */
export const NODE_STATUS = ['online', 'offline', 'unknown'] as const
export const GUEST_STATUS = ['running', 'stopped', 'paused', 'unknown'] as const
export const GUEST_TYPES = ['vm', 'container'] as const
/** PVE's kinds of content (API: GET /storage, `content`). */
export const STORAGE_CONTENTS = ['backup', 'images', 'import', 'iso', 'rootdir', 'snippets', 'vztmpl'] as const
