import { Language, Parser } from 'web-tree-sitter'
import { type ConcreteTree, concreteTree, type NodeTable, nodeTable } from './concrete.ts'
import { type Spellings, spellings } from './spellings.ts'
import { grammarWasm, parserWasm } from './wasm-files.ts'

/** The grammar, ready to parse. Holds WASM memory for as long as the process lives. */
export interface Grammar {
  /**
   * Undefined when the text is not what the grammar knows; with `recover`, the tree is given all the same, with `ERROR` nodes in it,
   * unless finding it takes out of proportion long.
   */
  readonly parse: (text: string, options?: { readonly recover?: boolean }) => ConcreteTree | undefined
  /** Expressions apart from the files they stand in. */
  readonly spellings: Spellings
}

/** Calls of the progress callback, each some hundred operations of the parser, after which recovering from errors is given up. */
const RECOVERY_LIMIT = 400

/** The same times the length of the text: each operation may look at all of it, where a string has no end. */
const RECOVERY_WORK = 1_500_000

const parseWith =
  (parser: Parser, table: NodeTable): Grammar['parse'] =>
  (text, { recover = false } = {}) => {
    let calls = 0
    const limit = Math.min(RECOVERY_LIMIT, RECOVERY_WORK / text.length)
    const tree = parser.parse(text, null, {
      progressCallback: ({ hasError }) => {
        if (!hasError) return false
        calls++
        return !recover || calls > limit
      },
    })
    if (!tree) {
      parser.reset()
      return undefined
    }
    try {
      return tree.rootNode.hasError && !recover ? undefined : concreteTree(tree, table)
    } finally {
      tree.delete()
    }
  }

/** Loads the WASM files: some 25 ms, once per process by `hclGrammar`. */
const loadGrammar = async (): Promise<Grammar> => {
  await Parser.init({ locateFile: parserWasm })
  const language = await Language.load(grammarWasm())
  const parser = new Parser()
  parser.setLanguage(language)
  const parse = parseWith(parser, nodeTable(language))
  return { parse, spellings: spellings((text) => parse(text)) }
}

const loaded: { grammar?: Promise<Grammar> } = {}

/** The one grammar of the process. */
export const hclGrammar = (): Promise<Grammar> => {
  loaded.grammar ??= loadGrammar()
  return loaded.grammar
}
