// Installs what package-lock.json names, only when something is missing or has changed.
// better-sqlite3 is a native module: where its prebuilt binary cannot be downloaded it is compiled against the headers
// that stand beside the running node, so that only the npm registry needs to be reachable.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.mpc-setup')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.version} ${process.arch}`)
  .digest('hex')

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `mpc needs Node 20.19 or newer, this is ${process.version}. Install a newer Node and run the command again.`,
  )
  process.exit(1)
}

const sqliteLoads = () =>
  spawnSync(process.execPath, ['-e', 'new (require("better-sqlite3"))(":memory:").close()'], {
    cwd: root,
    stdio: 'ignore',
  }).status === 0

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && sqliteLoads()) process.exit(0)

// npm run sets npm_execpath; started directly, `npm` is looked up.
const npm = (args, env = {}) => {
  const [command, first] = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []]
  return spawnSync(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32' && command === 'npm',
  }).status
}

// node-gyp downloads headers unless told where they are; most installations have them beside node.
const prefix = dirname(dirname(process.execPath))
const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}

console.error('Installing dependencies …')
if (npm(['ci', '--no-fund', '--no-audit', '--loglevel=error'], headers) !== 0) {
  console.error('`npm ci` failed; its messages are above. The npm registry must be reachable.')
  process.exit(1)
}
if (!sqliteLoads()) {
  console.error('Compiling better-sqlite3 (about a minute) …')
  npm(['rebuild', 'better-sqlite3', '--foreground-scripts', '--loglevel=error'], headers)
}
if (!sqliteLoads()) {
  console.error(
    'better-sqlite3 could neither be downloaded nor compiled. Install a C++ compiler, make and python3 ' +
      '(Debian: apt-get install build-essential python3) and run the command again.',
  )
  process.exit(1)
}
writeFileSync(stamp, wanted)
