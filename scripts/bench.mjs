// Measures what the design promises: start-up, plans of 100, 1,000 and 10,000 guests, engine overhead per step, resident memory, the
// declaration language and the simulator. Prints medians; judges nothing. Tests never measure time, this never tests.
//   npm run bench [-- part …]      parts: start, plan, scale, import, engine, declaration, simulator
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'dist', 'main.js')
const preload = pathToFileURL(join(root, 'scripts', 'peak-memory.mjs')).href
const compiled = (path) => import(pathToFileURL(join(root, 'build', path)).href)
const wanted = process.argv.slice(2)

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const line = (what, value) => console.log(`${what.padEnd(58)} ${value}`)

/** One run of a process: wall milliseconds, milliseconds of processor time, and peak resident MiB. */
const once = (args, options = {}) =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    let used = ''
    let output = ''
    child.stdio[3].on('data', (chunk) => {
      used += chunk
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-4000)
      })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0 && code !== 2) return reject(new Error(`${args.join(' ')} ended with ${code}:\n${output}`))
      const [kib = 0, cpu = 0] = used.split(' ').map(Number)
      resolve({ ms: performance.now() - started, cpu, mib: kib / 1024 })
    })
  })

const measure = async (args, options, runs = 7) => {
  const results = []
  await once(args, options)
  for (let i = 0; i < runs; i++) results.push(await once(args, options))
  const of = (key) => median(results.map((result) => result[key]))
  return { ms: of('ms'), cpu: of('cpu'), mib: of('mib') }
}

/** Processor time tells more than the clock where other programs are running. */
const show = ({ ms, cpu, mib }, base) => {
  const over = base === undefined ? '' : ` (${(ms - base.ms).toFixed(0)} over an empty Node)`
  const cpuOver = base === undefined ? '' : ` (${(cpu - base.cpu).toFixed(0)})`
  return `${ms.toFixed(0)} ms${over}, CPU ${cpu.toFixed(0)} ms${cpuOver}, ${mib.toFixed(0)} MiB`
}

const emptyNode = () => measure(['-e', ''])

const start = async () => {
  const base = await emptyNode()
  line('empty Node', show(base))
  line('mpc --version', show(await measure([main, '--version']), base))
  line('mpc --help', show(await measure([main, '--help']), base))
}

/** Declarations for what a generated cluster holds, bound by import blocks, in the declarations' own words. */
const declare = (guests) =>
  guests
    .map(({ type, vmid, node, current }) => {
      const kind = type === 'qemu' ? 'vm' : 'container'
      const name = type === 'qemu' ? 'name' : 'hostname'
      return [
        `${kind} "g${vmid}" {`,
        `  node = "${node}"`,
        `  ${name} = "${current[name]}"`,
        `  memory = ${Number(current.memory ?? 512)}`,
        '}',
        `import {\n  to = ${kind}.g${vmid}\n  id = "${node}/${vmid}"\n}`,
      ].join('\n')
    })
    .join('\n')

const withCluster = async (count, work) => {
  const { startSimulator } = await compiled('src/simulator/start.js')
  const nodes = Math.max(1, Math.min(30, Math.ceil(count / 300)))
  const simulator = await startSimulator({ http: true, nodes, guests: count, speed: Number.POSITIVE_INFINITY, seed: 7 })
  const folder = mkdtempSync(join(tmpdir(), 'mpc-bench-'))
  const options = { cwd: folder, env: { ...process.env, PROXMOX_VE_API_TOKEN: simulator.token, NO_COLOR: '1' } }
  try {
    await work({ folder, simulator, options, run: (...args) => once([main, ...args], options) })
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const plan = async () => {
  const base = await emptyNode()
  for (const count of [100, 1000, 10_000]) {
    await withCluster(count, async ({ folder, simulator, options, run }) => {
      await run('init', '--endpoint', simulator.url)
      line(`sync of ${count} guests`, show(await run('sync')))
      const { observed } = await withStore(folder, (store) => store.observations.latest())
      const text = declare(observed.guests.filter(({ template }) => !template))
      writeFileSync(join(folder, 'all.mpc.hcl'), text)
      line(`apply of ${count} guests, each bound`, show(await run('apply', '--auto-approve', '--quiet')))
      line(`sync of ${count} guests, again`, show(await run('sync')))
      const runs = count > 1000 ? 3 : 7
      const planLines = async (what) => {
        line(
          `plan of ${count} guests, ${what}`,
          show(await measure([main, 'plan', '--no-refresh'], options, runs), base),
        )
        line(`plan of ${count} guests, ${what}, read first`, show(await measure([main, 'plan'], options, runs), base))
      }
      await planLines('nothing to do')
      writeFileSync(join(folder, 'all.mpc.hcl'), text.replaceAll('  memory = ', '  tags = ["bench"]\n  memory = '))
      await planLines('every one changed')
    })
  }
}

const withStore = async (folder, work) => {
  const { openStore } = await compiled('src/store/open-store.js')
  const { nodeIo } = await compiled('src/io/node-io.js')
  const io = nodeIo()
  const store = await openStore(join(folder, '.proxmox', 'state.db'), { clock: io.clock, holder: io.self })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The plan of the latest run. */
const latestPlan = (folder) =>
  withStore(folder, async (store) => (await store.history()).find(({ run }) => run !== undefined).plan)

/** What must stay linear: guests that hang together, replacements, and the undoing of a large run. */
const scale = async () => {
  const base = await emptyNode()
  const guest = (i, more) =>
    `vm "g${i}" {\n  node = "pve1"\n  name = "g${i}"\n  disk = { scsi0 = { storage = "local-lvm", size = "1G" } }\n${more(i)}}\n`
  const declareVms = (count, more = () => '') => Array.from({ length: count }, (_, i) => guest(i, more)).join('')
  await withCluster(0, async ({ folder, simulator, options, run }) => {
    const write = (text) => writeFileSync(join(folder, 'all.mpc.hcl'), text)
    await run('init', '--endpoint', simulator.url)
    write(declareVms(10_000, (i) => (i === 0 ? '' : `  lifecycle { replace_triggered_by = [vm.g${i - 1}] }\n`)))
    await run('sync')
    const plan = [main, 'plan', '--no-refresh']
    line('plan of 10000 guests in a row of replace_triggered_by', show(await measure(plan, options, 1), base))
    write(declareVms(1000))
    line('apply that makes 1000 guests', show(await run('apply', '--auto-approve', '--quiet')))
    write(
      declareVms(1000)
        .replaceAll('"1G"', '"1G", iothread = true')
        .replaceAll('node = "pve1"', 'node = "pve1"\n  tags = ["x"]'),
    )
    line('apply that changes 1000 guests', show(await run('apply', '--auto-approve', '--quiet')))
    line('revert of a run over 1000 guests', show(await run('revert', await latestPlan(folder), '--auto-approve')))
    const all = Array.from({ length: 1000 }, (_, i) => ['--replace', `vm.g${i}`]).flat()
    line('plan of 1000 replacements', show(await measure([...plan, ...all], options, 1), base))
  })
}

/** Taking over a cluster, beside the reading that it does, and looking at one. */
const adopt = async () => {
  await withCluster(3000, async ({ simulator, options, run }) => {
    await run('init', '--endpoint', simulator.url)
    line('sync of 3000 guests', show(await run('sync')))
    line('import of 3000 guests, the reading included', show(await run('import', '--all', '--auto-approve', '--quiet')))
    line('import of 3000 guests, again', show(await run('import', '--all', '--auto-approve', '--quiet')))
    line('list of 3000 guests', show(await measure([main, 'list', '--quiet'], options)))
  })
  await withCluster(10_000, async ({ simulator, options, run }) => {
    await run('init', '--endpoint', simulator.url)
    await run('sync')
    line('list of 10000 guests', show(await measure([main, 'list', '--quiet'], options)))
    line(
      'list of 10000 guests, filtered and sorted',
      show(await measure([main, 'list', '--quiet', '--filter', 'memory>1G', '--sort', '-memory,name'], options)),
    )
  })
}

/** A plan of independent updates against a server that answers at once: what is left is the engine and its journal. */
const engine = async () => {
  const { applyPlan } = await compiled('src/apply/apply-plan.js')
  const { openStore } = await compiled('src/store/open-store.js')
  const { nodeIo } = await compiled('src/io/node-io.js')
  const { enginePlan, instantServer } = await compiled('test/apply/engine-bench.js')
  const io = nodeIo()
  const folder = mkdtempSync(join(tmpdir(), 'mpc-bench-'))
  mkdirSync(join(folder, '.proxmox'))
  const store = await openStore(join(folder, '.proxmox', 'state.db'), { clock: io.clock, holder: io.self })
  const { value: lease } = await store.leases.acquire('bench')
  const [per, cpu] = [[], []]
  for (const steps of [200, 200, 200]) {
    const [started, used] = [performance.now(), process.cpuUsage()]
    const planned = enginePlan(steps, per.length)
    const outcome = await applyPlan(
      planned,
      { run: await store.runs.nextId(planned.id) },
      { server: instantServer(), journal: store.journal(lease), clock: io.clock, secrets: new Map() },
      () => undefined,
    )
    if (outcome.status !== 'applied') throw new Error(`the bench plan ended ${outcome.status}`)
    per.push((performance.now() - started) / steps)
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000 / steps)
  }
  line('engine overhead per step, journal on disk', `${median(per).toFixed(2)} ms, CPU ${median(cpu).toFixed(2)} ms`)
  await lease.release()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}

const declaration = async () => {
  const { declarationBench } = await compiled('test/declaration/declaration-bench.js')
  for (const { what, value } of await declarationBench()) line(what, value)
}

const simulator = async () => {
  const { simulatorBench } = await compiled('test/simulator/simulator-bench.js')
  for (const { what, value } of await simulatorBench()) line(what, value)
}

const parts = { start, plan, scale, import: adopt, engine, declaration, simulator }
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n${name}`)
  await part()
}
