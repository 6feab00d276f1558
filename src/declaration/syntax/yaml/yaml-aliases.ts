import type { Document, Node } from 'yaml'

/**
 * What each alias of a document stands for: the node that last had its name before it. Found in one walk; the package's own way is one for
 * each alias. Aliases without such a node are left out.
 */
export const aliasTargets = (yaml: typeof import('yaml'), document: Document.Parsed): ReadonlyMap<unknown, Node> => {
  const named = new Map<string, Node>()
  const targets = new Map<unknown, Node>()
  yaml.visit(document, {
    Node: (_, node) => {
      if (yaml.isAlias(node)) {
        const target = named.get(node.source)
        if (target) targets.set(node, target)
      } else if ('anchor' in node && typeof node.anchor === 'string') named.set(node.anchor, node as Node)
    },
  })
  return targets
}
