import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withFolder } from './run-here.ts'

const VALID = 'vm "web" {\n  node  = "pve1"\n  cores = 2\n}\n'

test('valid declarations are said to be so', async () => {
  await withFolder({ 'main.mpc.hcl': VALID }, async ({ run }) => {
    const { code, stdout, stderr } = await run(['validate'])
    assert.is(code, 0)
    assert.is(stdout, 'The declarations are valid.\n')
    assert.is(stderr, '')
  })
})

test('each mistake is shown with its line, and counted', async () => {
  await withFolder({ 'main.mpc.hcl': VALID.replace('cores = 2', 'coers = 2\n  memory = 1') }, async ({ run }) => {
    const { code, stdout, stderr } = await run(['validate'])
    assert.is(code, 1)
    assert.is(stdout, 'Not valid: 2 errors.\n')
    assert.match(stderr, 'main.mpc.hcl line 3')
    assert.match(stderr, 'Did you mean "cores"?')
    assert.match(stderr, '  memory = 1')
  })
})

test('--json gives the shape of terraform validate -json', async () => {
  await withFolder({ 'main.mpc.hcl': VALID.replace('cores = 2', 'cores = 0') }, async ({ run }) => {
    const { code, stdout, stderr } = await run(['validate', '--json'])
    assert.is(code, 1)
    assert.is(stderr, '')
    const { diagnostics, ...rest } = JSON.parse(stdout)
    assert.equal(rest, { format_version: '1.0', type: 'validated', valid: false, error_count: 1, warning_count: 0 })
    const [{ severity, summary, detail, range, snippet }] = diagnostics
    assert.is(severity, 'error')
    assert.type(summary, 'string')
    assert.match(detail, 'cores')
    assert.is(range.filename, 'main.mpc.hcl')
    assert.is(range.start.line, 3)
    assert.is(snippet.code, '  cores = 0')
    assert.is(snippet.start_line, 3)
  })
})

test('variables need no value to be validated', async () => {
  const files = { 'main.mpc.hcl': `variable "cores" {\n  type = number\n}\n\n${VALID.replace('= 2', '= var.cores')}` }
  await withFolder(files, async ({ run }) => {
    const open = await run(['validate'])
    assert.is(open.code, 0)
    assert.match(open.stdout, 'var.cores')
    assert.is((await run(['validate', '--var', 'cores=0'])).code, 1)
  })
})

test('warnings alone leave the declarations valid', async () => {
  const check =
    'check "size" {\n  assert {\n    condition     = vm.web.cores > 4\n    error_message = "Small."\n  }\n}\n'
  await withFolder({ 'main.mpc.hcl': `${VALID}\n${check}` }, async ({ run }) => {
    const { code, stdout, stderr } = await run(['validate'])
    assert.is(code, 0)
    assert.is(stdout, 'The declarations are valid, 1 warning.\n')
    assert.match(stderr, 'Small.')
  })
})

test('what a cluster would have to say is neither known nor wrong', async () => {
  const data = 'data "node" "one" {\n  name = "pve1"\n}\n\n'
  await withFolder({ 'main.mpc.hcl': data + VALID.replace('"pve1"', 'data.node.one.name') }, async ({ run }) => {
    assert.is((await run(['validate'])).stdout, 'The declarations are valid.\n')
  })
  await withFolder({ 'main.mpc.hcl': data.replace('  name', '  nam') + VALID }, async ({ run }) => {
    assert.match((await run(['validate'])).stderr, 'Did you mean "name"?')
  })
})

test('only the files that are named are checked', async () => {
  await withFolder({ 'a.mpc.hcl': VALID, 'b.mpc.hcl': 'vm {\n}\n' }, async ({ run }) => {
    assert.is((await run(['validate', 'a.mpc.hcl'])).code, 0)
    assert.is((await run(['validate'])).code, 1)
  })
})

test('a folder without declarations says what to do', async () => {
  await withFolder({}, async ({ run }) => {
    const { code, stderr } = await run(['validate'])
    assert.is(code, 1)
    assert.match(stderr, '*.mpc.hcl')
  })
})

test.run()
