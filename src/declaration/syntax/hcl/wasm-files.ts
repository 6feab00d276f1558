import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)

const locate = (bundled: string, installed: string): string => {
  const beside = fileURLToPath(new URL(bundled, import.meta.url))
  return existsSync(beside) ? beside : require.resolve(installed)
}

/** The bundle has its WASM files beside it; a compiled source tree finds them where npm put them. */
export const parserWasm = (): string => locate('./web-tree-sitter.wasm', 'web-tree-sitter/web-tree-sitter.wasm')

export const grammarWasm = (): string =>
  locate('./tree-sitter-hcl.wasm', '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm')
