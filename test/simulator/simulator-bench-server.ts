import { startSimulator } from '../../src/simulator/start.ts'

// Started as a process of its own by simulator-bench.ts, so that time to be ready and memory are those of the simulator alone.
const simulator = await startSimulator({ nodes: 30, guests: 10_000, http: true, seed: 7 })
const ready = performance.now()
process.send?.({ url: simulator.url, token: simulator.token, ready, resident: process.memoryUsage.rss() })
process.on('message', () => process.send?.({ resident: process.memoryUsage.rss() }))
process.on('disconnect', () => process.exit(0))
