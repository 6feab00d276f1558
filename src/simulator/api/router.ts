import { facts, type Method } from './facts.ts'

export type Route = {
  readonly key: string
  readonly template: string
  readonly method: Method
  readonly names: readonly string[]
}

type Node = {
  readonly fixed: Map<string, Node>
  wild: Node | undefined
  readonly routes: Map<string, Route>
  greedy: boolean
}

const emptyNode = (): Node => ({ fixed: new Map(), wild: undefined, routes: new Map(), greedy: false })

/** Path parameters that take the rest of the path, slashes included. */
const restNames = new Set(['{volume}', '{cidr}'])

const addRoute = (root: Node, key: string, method: Method): void => {
  const [verb = '', template = ''] = key.split(' ')
  const names: string[] = []
  let node = root
  for (const part of template.split('/').filter((piece) => piece !== '')) {
    if (!part.startsWith('{')) {
      const next = node.fixed.get(part) ?? emptyNode()
      node.fixed.set(part, next)
      node = next
      continue
    }
    names.push(part.slice(1, -1))
    node.wild ??= emptyNode()
    node = node.wild
    node.greedy ||= restNames.has(part)
  }
  node.routes.set(verb, { key, template, method, names })
}

export type Match = { readonly route: Route; readonly values: Readonly<Record<string, string>> }
export type Router = (verb: string, path: string) => Match | undefined

/**
 * Makes the function that finds a method of api.json by verb and decoded path. A path part with white space matches no
 * path parameter, as in PVE.
 */
export const makeRouter = (): Router => {
  const root = emptyNode()
  for (const key in facts) addRoute(root, key, facts[key] as Method)
  return (verb, path) => {
    const parts = path.split('/').filter((part) => part !== '')
    const taken: string[] = []
    let node = root
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as string
      const fixed = node.fixed.get(part)
      if (fixed) {
        node = fixed
        continue
      }
      if (node.wild === undefined || /\s/.test(part)) return undefined
      node = node.wild
      if (node.greedy && node.fixed.size === 0) {
        taken.push(parts.slice(index).join('/'))
        break
      }
      taken.push(part)
    }
    const route = node.routes.get(verb)
    if (route === undefined) return undefined
    const values: Record<string, string> = {}
    route.names.forEach((name, index) => {
      values[name] = taken[index] as string
    })
    return { route, values }
  }
}

/** The children of a path of api.json, for the lists that PVE answers to a GET on a folder. */
export const childrenOf = (template: string): readonly string[] => {
  const prefix = template === '/' ? '/' : `${template}/`
  const found = new Set<string>()
  for (const key in facts) {
    const path = key.slice(key.indexOf(' ') + 1)
    if (!path.startsWith(prefix)) continue
    const child = path.slice(prefix.length).split('/')[0] as string
    if (child !== '' && !child.startsWith('{')) found.add(child)
  }
  return [...found]
}
