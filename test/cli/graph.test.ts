import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withFolder } from './run-here.ts'

const FILES = {
  'main.mpc.hcl':
    'pool "lab" {\n}\n\nvm "db" {\n  node = "pve1"\n  pool = pool.lab.poolid\n}\n\nvm "web" {\n  count       = 2\n  node        = "pve1"\n  description = vm.db.node\n}\n\nmodule "site" {\n  source     = "./site"\n  depends_on = [vm.db]\n}\n',
  'site/main.mpc.hcl': 'container "dns" {\n  for_each = toset(["a"])\n  node     = "pve1"\n}\n',
}

test('graph prints what needs what, for Graphviz', async () => {
  await withFolder(FILES, async ({ run }) => {
    const { code, stdout } = await run(['graph'])
    assert.is(code, 0)
    assert.match(stdout, /^digraph mpc \{\n/)
    for (const edge of [
      '"vm.db" -> "pool.lab";',
      '"vm.web[0]" -> "vm.db";',
      '"vm.web[1]" -> "vm.db";',
      '"module.site.container.dns[\\"a\\"]" -> "vm.db";',
    ])
      assert.match(stdout, edge)
    assert.match(stdout, 'subgraph "cluster module.site" {')
  })
})

test('graph prints the same for Mermaid', async () => {
  await withFolder(FILES, async ({ run }) => {
    const { stdout } = await run(['graph', '--format', 'mermaid'])
    assert.match(stdout, /^graph RL\n/)
    assert.match(stdout, '["vm.web[0]"]')
    assert.match(stdout, '&quot;a&quot;')
    assert.is(stdout.match(/ --> /g)?.length, 4)
  })
})

test('graph --json gives nodes and edges, sorted', async () => {
  await withFolder(FILES, async ({ run }) => {
    const { nodes, edges, type } = JSON.parse((await run(['graph', '--json'])).stdout)
    assert.is(type, 'graph')
    assert.equal(
      nodes.map(({ address }: { readonly address: string }) => address),
      ['module.site.container.dns["a"]', 'pool.lab', 'vm.db', 'vm.web[0]', 'vm.web[1]'],
    )
    assert.equal(edges[0], { from: 'module.site.container.dns["a"]', to: 'vm.db' })
  })
})

test('graph of wrong declarations says what is wrong and prints nothing', async () => {
  await withFolder({ 'main.mpc.hcl': 'vm "a" {\n}\n' }, async ({ run }) => {
    const { code, stdout, stderr } = await run(['graph'])
    assert.is(code, 1)
    assert.is(stdout, '')
    assert.match(stderr, 'node')
  })
})

test('graph refuses a language it does not know', async () => {
  await withFolder(FILES, async ({ run }) => assert.is((await run(['graph', '--format', 'svg'])).code, 64))
})

test.run()
