// Preloaded into a measured process (node --import): writes its peak resident memory, in KiB, to file descriptor 3 as it ends.
import { writeSync } from 'node:fs'

process.on('exit', () => {
  writeSync(3, `${process.resourceUsage().maxRSS}\n`)
})
