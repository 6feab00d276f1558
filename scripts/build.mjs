// dist/: the bundle that users run. With --tests also build/: src and test compiled one to one, for the test runner.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const dist = join(root, 'dist')

// Node gives a CommonJS package's exports their names when it is imported late; a bundle does so only with a little help.
const namedExports = {
  name: 'named-exports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:yaml|ip-address|ajv)$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'named-exports' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'named-exports' }, ({ path }) => {
      const names = Object.keys(require(path)).filter((name) => name !== 'default' && /^[\w$]+$/.test(name))
      return {
        contents: `const all = require(${JSON.stringify(path)});\nexport default all;\nexport const { ${names.join(', ')} } = all;\n`,
        resolveDir: root,
      }
    })
  },
}

// With DEV=true in the environment Ink would look for development tools that are not part of this package.
const noDevtools = {
  name: 'no-devtools',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]ink[\\/]build[\\/]utils\.js$/ }, () => ({ contents: 'export const isDev = () => false\n' }))
    onLoad({ filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: '' }))
  },
}

rmSync(dist, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['better-sqlite3', 'hcl2-parser'],
  define: { 'process.env.NODE_ENV': '"production"' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
  },
  plugins: [namedExports, noDevtools],
  logLevel: 'warning',
})
copyFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'), join(dist, 'web-tree-sitter.wasm'))
copyFileSync(
  require.resolve('@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm'),
  join(dist, 'tree-sitter-hcl.wasm'),
)
chmodSync(join(dist, 'main.js'), 0o755)

if (process.argv.includes('--tests')) {
  rmSync(join(root, 'build'), { recursive: true, force: true })
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  const run = (...command) => {
    const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
  run(tsc, '-p', 'tsconfig.json')
  run(join(dirname(require.resolve('@biomejs/biome/package.json')), 'bin', 'biome'), 'check', '--error-on-warnings')
}
