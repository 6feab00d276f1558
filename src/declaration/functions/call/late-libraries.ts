import type { Libraries } from './function-world.ts'

type Name = keyof Libraries

const LOADERS: { readonly [N in Name]: () => Promise<Libraries[N]> } = {
  yaml: () => import('yaml'),
  re2js: () => import('re2js'),
  'ip-address': () => import('ip-address'),
}

/** Packages that functions need, loaded when the first one asks. */
export interface LateLibraries {
  readonly get: <N extends Name>(name: N) => Libraries[N] | undefined
  /** Loads what was asked for; false when there was nothing. */
  readonly fill: () => Promise<boolean>
}

export const lateLibraries = (): LateLibraries => {
  const loaded: { [N in Name]?: Libraries[N] } = {}
  const wanted = new Set<Name>()
  const load = async <N extends Name>(name: N): Promise<void> => {
    loaded[name] = (await LOADERS[name]()) as (typeof loaded)[N]
  }
  return {
    get: (name) => {
      const found = loaded[name]
      if (!found) wanted.add(name)
      return found
    },
    fill: async () => {
      const names = [...wanted]
      wanted.clear()
      for (const name of names) await load(name)
      return names.length > 0
    },
  }
}
