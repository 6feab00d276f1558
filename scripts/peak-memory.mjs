// Preloaded into a measured process (node --import): as it ends, writes its peak resident memory in KiB and its processor time in milliseconds
// to file descriptor 3.
import { writeSync } from 'node:fs'

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(3, `${maxRSS} ${(userCPUTime + systemCPUTime) / 1000}\n`)
})
