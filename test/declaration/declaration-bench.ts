import { hasErrors } from '../../src/diagnostic/diagnostic.ts'
import { load, loadHcl } from './load.ts'

const block = (index: number): string => `vm "g${index}" {
  node        = "pve\${${index} % 3 + 1}"
  name        = "\${local.prefix}-${index}"
  cores       = var.cores
  memory      = local.sizes["small"] * 2
  tags        = concat(local.tags, ["n${index}"])
  description = "guest ${index} of \${length(local.tags)}"
  network "net0" {
    bridge = "vmbr0"
    tag    = ${10 + (index % 50)}
  }
}
`

/** As most people write them: hardly anything is computed. */
const plainBlock = (index: number): string => `vm "g${index}" {
  node   = "pve1"
  name   = "web-${index}"
  cores  = 2
  memory = 2048
  tags   = ["web", "prod"]
  network "net0" {
    bridge = "vmbr0"
    tag    = ${10 + (index % 50)}
  }
}
`

const HEAD = `variable "cores" {
  type    = number
  default = 2
}
locals {
  prefix = "web"
  tags   = ["a", "b"]
  sizes  = { small = 1024, large = 4096 }
}
`

const yamlBlock = (index: number): string => `  g${index}:
    node: pve\${${index} % 3 + 1}
    name: \${local.prefix}-${index}
    cores: \${var.cores}
    memory: \${local.sizes["small"] * 2}
    tags: \${concat(local.tags, ["n${index}"])}
    network: { net0: { bridge: vmbr0, tag: ${10 + (index % 50)} } }
`

const YAML_HEAD = `variable:
  cores: { type: number, default: 2 }
locals:
  prefix: web
  tags: [a, b]
  sizes: { small: 1024, large: 4096 }
vm:
`

const many = (count: number, one: (index: number) => string, offset = 0): string =>
  Array.from({ length: count }, (_, index) => one(offset + index)).join('')

const forEach = (count: number, offset: number): string => `vm "g${offset}" {
  for_each = { for n in flatten([for a in range(10) : [for b in range(${count / 10}) : a * 1000 + b]]) : "k\${n}" => n }
  node     = "pve1"
  name     = "g-\${each.key}"
  cores    = each.value % 4 + 1
  tags     = ["x", each.key]
}
`

const FILES = 10

const OFFSET = 100_000

const folder = (text: (from: number, count: number) => string, count: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: FILES }, (_, file) => [`f${file}.mpc.hcl`, text((file * count) / FILES, count / FILES)]),
  )

interface Measured {
  readonly what: string
  readonly value: string
}

/** Each run gets other texts, by `offset`, so that none profits from what the one before has left in memory. */
const measure = async (what: string, work: (offset: number) => ReturnType<typeof load>): Promise<Measured> => {
  const runs: { readonly wall: number; readonly cpu: number }[] = []
  for (let run = 0; run < 5; run++) {
    const [before, started] = [process.cpuUsage(), performance.now()]
    const loaded = await work((run + 1) * OFFSET)
    const wall = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    if (hasErrors(loaded.diagnostics)) throw new Error(`${what}: ${loaded.diagnostics[0]?.detail}`)
    runs.push({ wall, cpu: (user + system) / 1000 })
  }
  const median = (key: 'wall' | 'cpu') => runs.map((run) => run[key]).sort((a, b) => a - b)[2] ?? 0
  const [first] = runs
  return {
    what,
    value: `${median('wall').toFixed(0)} ms, CPU ${median('cpu').toFixed(0)} ms (the first time CPU ${first?.cpu.toFixed(0)} ms)`,
  }
}

/** Measures reading and evaluating declarations from memory, in both languages; the parsers are loaded before. */
export const declarationBench = async (): Promise<readonly Measured[]> => {
  await load({ 'a.mpc.hcl': HEAD, 'b.mpc.yaml': 'locals: {}\n' })
  const results: Measured[] = []
  const add = async (what: string, work: (offset: number) => ReturnType<typeof load>): Promise<void> => {
    results.push(await measure(what, work))
  }
  await add('5000 plain HCL blocks in one file', (offset) => loadHcl(many(5000, plainBlock, offset)))
  for (const count of [1250, 2500, 5000])
    await add(`${count} HCL blocks with expressions in ${FILES} files`, (offset) =>
      load({ 'head.mpc.hcl': HEAD, ...folder((from, some) => many(some, block, offset + from), count) }),
    )
  await add('5000 HCL blocks with expressions in one file', (offset) => loadHcl(HEAD + many(5000, block, offset)))
  await add('5000 YAML blocks with expressions in one file', (offset) =>
    load({ 'a.mpc.yaml': YAML_HEAD + many(5000, yamlBlock, offset) }),
  )
  for (const count of [2500, 5000, 10_000])
    await add(`for_each over ${count} instances`, (offset) => loadHcl(forEach(count, offset)))
  return results
}
