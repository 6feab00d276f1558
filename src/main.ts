#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' }

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${manifest.version}\n`)
} else {
  const [{ runProgram }, { nodeIo }] = await Promise.all([import('./cli/program.ts'), import('./io/node-io.ts')])
  process.exitCode = await runProgram(nodeIo(), manifest.version)
}
