import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withFolder } from './run-here.ts'

const UNTIDY = 'vm "web" {\ncores=2 # two\n    memory   =   2048\n}\n'
const TIDY = 'vm "web" {\n  cores  = 2 # two\n  memory = 2048\n}\n'

test('fmt rewrites what is untidy, names it, and leaves the rest alone', async () => {
  await withFolder(
    { 'a.mpc.hcl': UNTIDY, 'b.mpc.hcl': TIDY, 'c.mpc.yaml': 'vm:\n    web: {cores: 2}\n', 'd.hcl': UNTIDY },
    async (folder) => {
      const { code, stdout, stderr } = await folder.run(['fmt'])
      assert.is(code, 0)
      assert.is(stdout, 'a.mpc.hcl\nc.mpc.yaml\n')
      assert.is(stderr, '')
      assert.is(folder.read('a.mpc.hcl'), TIDY)
      assert.is(folder.read('c.mpc.yaml'), 'vm:\n  web: { cores: 2 }\n')
      assert.is(folder.read('d.hcl'), UNTIDY, 'no declaration file by its name')
      assert.is((await folder.run(['fmt'])).stdout, '')
    },
  )
})

test('fmt --check writes nothing and exits 2 when a file would change', async () => {
  await withFolder({ 'a.mpc.hcl': UNTIDY }, async (folder) => {
    const { code, stdout } = await folder.run(['fmt', '--check'])
    assert.is(code, 2)
    assert.is(stdout, 'a.mpc.hcl\n')
    assert.is(folder.read('a.mpc.hcl'), UNTIDY)
    await folder.run(['fmt'])
    assert.is((await folder.run(['fmt', '--check'])).code, 0)
  })
})

test('fmt --diff shows the lines that change', async () => {
  await withFolder({ 'a.mpc.hcl': UNTIDY }, async (folder) => {
    const { stdout } = await folder.run(['fmt', '--check', '--diff'])
    assert.match(stdout, /^--- a\.mpc\.hcl/)
    assert.match(stdout, '-cores=2 # two\n')
    assert.match(stdout, '+  cores  = 2 # two\n')
  })
})

test('fmt looks below only with --recursive, and never into hidden folders', async () => {
  const files = { 'modules/web/main.mpc.hcl': UNTIDY, '.cache/x.mpc.hcl': UNTIDY, 'values.auto.mpcvars.hcl': 'a=1\n' }
  await withFolder(files, async (folder) => {
    assert.is((await folder.run(['fmt'])).stdout, 'values.auto.mpcvars.hcl\n')
    assert.is((await folder.run(['fmt', '--recursive'])).stdout, 'modules/web/main.mpc.hcl\n')
    assert.is(folder.read('.cache/x.mpc.hcl'), UNTIDY)
  })
})

test('fmt takes files and folders, and names what is not there', async () => {
  await withFolder({ 'x/a.mpc.hcl': UNTIDY, 'plain.hcl': UNTIDY }, async (folder) => {
    const { code, stdout, stderr } = await folder.run(['fmt', 'plain.hcl', 'x', 'gone'])
    assert.is(code, 1)
    assert.is(stdout, 'plain.hcl\nx/a.mpc.hcl\n')
    assert.match(stderr, 'gone')
  })
})

test('fmt leaves a file with syntax errors as it is and says where they are', async () => {
  const broken = 'vm "web" {\n  cores = \n}\n'
  await withFolder({ 'a.mpc.hcl': broken, 'b.mpc.yaml': 'vm: [\n', 'c.mpc.hcl': UNTIDY }, async (folder) => {
    const { code, stdout, stderr } = await folder.run(['fmt'])
    assert.is(code, 1)
    assert.is(stdout, 'c.mpc.hcl\n', 'the others are formatted')
    assert.match(stderr, 'a.mpc.hcl line 2')
    assert.match(stderr, 'b.mpc.yaml line')
    assert.is(folder.read('a.mpc.hcl'), broken)
  })
})

test('fmt - formats standard input, HCL or YAML', async () => {
  await withFolder({}, async (folder) => {
    assert.is((await folder.run(['fmt', '-'], { input: UNTIDY })).stdout, TIDY)
    const yaml = await folder.run(['fmt', '-'], { input: '# x\nvm:\n    web: {cores: 2}\n' })
    assert.is(yaml.stdout, '# x\nvm:\n  web: { cores: 2 }\n')
    assert.is((await folder.run(['fmt', '-'], { input: 'vm {' })).code, 1)
  })
})

test('fmt --json prints one object for each changed file', async () => {
  await withFolder({ 'a.mpc.hcl': UNTIDY }, async (folder) => {
    const { stdout } = await folder.run(['fmt', '--json', '--check'])
    assert.equal(JSON.parse(stdout), {
      format_version: '1.0',
      type: 'formatted',
      file: 'a.mpc.hcl',
      written: false,
    })
  })
})

test.run()
