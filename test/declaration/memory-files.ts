import type { Files } from '../../src/io/io.ts'

const missing = (path: string): Error => Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })

/** Files in memory, by absolute path. */
export const memoryFiles = (texts: { readonly [path: string]: string }): Files => {
  const read = (path: string): string => {
    const text = texts[path]
    if (text === undefined) throw missing(path)
    return text
  }
  return {
    readText: async (path) => read(path),
    readBytes: async (path) => new TextEncoder().encode(read(path)),
    exists: async (path) => texts[path] !== undefined,
    list: async (path) => {
      const found = new Map<string, 'file' | 'folder'>()
      for (const name of Object.keys(texts)) {
        if (!name.startsWith(`${path}/`)) continue
        const [first = '', ...rest] = name.slice(path.length + 1).split('/')
        found.set(first, rest.length > 0 ? 'folder' : 'file')
      }
      return Array.from(found, ([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    writeText: async (path) => {
      throw missing(path)
    },
    appendText: async (path) => {
      throw missing(path)
    },
    makeFolder: async () => undefined,
    realPath: async (path) => path,
    owner: async () => undefined,
    remove: async (path) => {
      throw missing(path)
    },
  }
}
