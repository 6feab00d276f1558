import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SCHEMA_FILE } from './declaration-schema.ts'
import { type LanguageServer, startLanguageServer } from './yaml-language-server.ts'

const test = suite<{ server: LanguageServer }>('schema in the YAML language server')

test.before(async (context) => {
  context.server = await startLanguageServer(SCHEMA_FILE)
})
test.after(({ server }) => server.stop())

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(process.cwd(), folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.mpc.yaml'))
    .map((file) => join(folder, file))

test('an editor finds nothing wrong with the examples', async ({ server }) => {
  const files = [...filesBelow('examples'), ...filesBelow('fixtures/declarations/valid')]
  assert.ok(files.length > 0)
  for (const file of files) {
    const problems = await server.problemsOf(file, readFileSync(join(process.cwd(), file), 'utf8'))
    assert.equal(
      problems.map(({ message, range }) => `${file}:${range.start.line + 1}: ${message}`),
      [],
    )
  }
})

test('an editor marks a misspelt attribute and a value out of range', async ({ server }) => {
  const problems = await server.problemsOf('wrong.mpc.yaml', 'vm:\n  web:\n    coers: 2\n    memory: 1\n')
  assert.equal(problems.map(({ range }) => range.start.line).sort(), [2, 3])
})

test('an editor completes the attributes of a VM', async ({ server }) => {
  const text = 'vm:\n  web:\n    node: pve1\n    \n'
  await server.problemsOf('vm.mpc.yaml', text)
  const labels = await server.completionsAt('vm.mpc.yaml', 3, 4)
  for (const name of ['cores', 'memory', 'clone', 'net0', 'scsi0', 'disk', 'agent', 'lifecycle', 'count'])
    assert.ok(labels.includes(name), `${name} is offered`)
  assert.not(labels.includes('node'), 'what is there is not offered again')
  assert.not(labels.includes('rootfs'), 'a VM has no attributes of containers')
})

test('an editor completes blocks, keys of a device, and the values of a choice', async ({ server }) => {
  await server.problemsOf('top.mpc.yaml', '\n')
  const blocks = await server.completionsAt('top.mpc.yaml', 0, 0)
  for (const name of ['vm', 'container', 'variable', 'locals', 'module', 'import'])
    assert.ok(blocks.includes(name), name)

  await server.problemsOf('device.mpc.yaml', 'vm:\n  web:\n    net1:\n      bridge: vmbr0\n      \n    scsihw: \n')
  const keys = await server.completionsAt('device.mpc.yaml', 4, 6)
  for (const name of ['tag', 'firewall', 'macaddr', 'model']) assert.ok(keys.includes(name), name)
  const values = await server.completionsAt('device.mpc.yaml', 5, 12)
  assert.ok(values.includes('virtio-scsi-single'))
})

test('an editor explains an attribute', async ({ server }) => {
  await server.problemsOf('hover.mpc.yaml', 'container:\n  dns:\n    unprivileged: true\n')
  assert.match(await server.hoverAt('hover.mpc.yaml', 2, 6), /ordinary user of the host/)
})

test.run()
