#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' }

// What stands here has to be read by every Node that reads modules at all: an old one is to be told that it is old.
const args = process.argv.slice(2)
const needed = manifest.engines.node.replace('>=', '')

const isOld = () => {
  const own = process.versions.node.split('.')
  const least = needed.split('.')
  return Number(own[0]) < Number(least[0]) || (own[0] === least[0] && Number(own[1]) < Number(least[1]))
}

const runProgram = () =>
  Promise.all([import('./cli/program/program.ts'), import('./io/node-io.ts')]).then((loaded) =>
    loaded[0].runProgram(loaded[1].nodeIo(), manifest.version).then((code) => {
      process.exitCode = code
    }),
  )

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${manifest.version}\n`)
} else if (isOld()) {
  process.stderr.write(
    `Error: mpc needs Node ${needed} or newer, and this is Node ${process.versions.node} (${process.execPath}). Install a newer one: https://nodejs.org\n`,
  )
  process.exitCode = 1
} else {
  void runProgram()
}
