import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withFolder } from './run-here.ts'

const FILES = {
  'main.mpc.hcl': `
variable "amount" {
  type    = number
  default = 2
}

variable "secret" {
  default   = "hush"
  sensitive = true
}

locals {
  names = [for i in range(var.amount) : "web-\${i}"]
}

vm "web" {
  count = var.amount
  node  = "pve1"
  name  = local.names[count.index]
}
`,
}

test('eval prints the value of an expression of the folder', async () => {
  await withFolder(FILES, async ({ run }) => {
    assert.is((await run(['eval', '1 + var.amount'])).stdout, '3\n')
    assert.is((await run(['eval', 'upper(local.names[1])'])).stdout, '"WEB-1"\n')
    assert.is((await run(['eval', 'join(",", vm.web[*].name)'])).stdout, '"web-0,web-1"\n')
  })
})

test('eval takes variables, and expressions from standard input', async () => {
  await withFolder(FILES, async ({ run }) => {
    assert.is((await run(['eval', 'length(vm.web)', '--var', 'amount=5'])).stdout, '5\n')
    assert.is((await run(['eval', '-'], { input: 'var.amount * 2\n' })).stdout, '4\n')
    assert.is((await run(['eval', 'var.amount'], { env: { TF_VAR_amount: '7' } })).stdout, '7\n')
  })
})

test('eval --raw prints a text as it is, and refuses what is none', async () => {
  await withFolder(FILES, async ({ run }) => {
    assert.is((await run(['eval', '--raw', `"a\\n\${var.amount}"`])).stdout, 'a\n2')
    for (const expression of ['local.names', 'var.secret', 'vm.web[0].vmid']) {
      const refused = await run(['eval', '--raw', expression])
      assert.is(refused.code, 1, expression)
      assert.match(refused.stderr, '--raw prints a string, a number or a bool')
    }
  })
})

test('a mistake in a declaration is shown with its line by eval, too', async () => {
  await withFolder({ 'main.mpc.hcl': 'locals {\n  x = upper()\n}\n' }, async ({ run }) => {
    const { code, stderr } = await run(['eval', 'local.x'])
    assert.is(code, 1)
    assert.match(stderr, '2 │   x = upper()')
  })
})

test('eval --json gives the value with its type', async () => {
  await withFolder(FILES, async ({ run }) => {
    const { stdout } = await run(['eval', '--json', '{ a = [1, "x"] }'])
    assert.equal(JSON.parse(stdout), {
      format_version: '1.0',
      type: 'value',
      value_type: 'object({a=tuple([number, string])})',
      value: { a: [1, 'x'] },
    })
  })
})

test('eval shows no sensitive value', async () => {
  await withFolder(FILES, async ({ run }) => {
    for (const args of [
      ['eval', 'var.secret'],
      ['eval', '--json', '[var.secret]'],
    ]) {
      const { code, stdout } = await run(args)
      assert.is(code, 0)
      assert.not.match(stdout, 'hush')
      assert.match(stdout, 'sensitive')
    }
  })
})

test('eval points at what is wrong in the expression', async () => {
  await withFolder(FILES, async ({ run }) => {
    const wrong = await run(['eval', 'var.amuont'])
    assert.is(wrong.code, 1)
    assert.match(wrong.stderr, 'Did you mean "amount"?')
    assert.match(wrong.stderr, '<expression> line 1')
    assert.is((await run(['eval', '1 +'])).code, 1)
  })
})

test('eval works in a folder without declarations', async () => {
  await withFolder({}, async ({ run }) => {
    assert.is((await run(['eval', 'max(1, 5)'])).stdout, '5\n')
  })
})

test('a file that is too large to be read exists all the same, and a device is no file', async () => {
  await withFolder(FILES, async ({ run, path, write }) => {
    write('large.iso', '')
    truncateSync(join(path, 'large.iso'), 70 * 1024 * 1024)
    assert.is((await run(['eval', 'fileexists("large.iso")'])).stdout, 'true\n')
    assert.is((await run(['eval', 'fileexists("none.iso")'])).stdout, 'false\n')
    const device = await run(['eval', '--allow-files', 'fileexists("/dev/zero")'])
    assert.is(device.code, 1)
    assert.match(device.stderr, 'is a pipe or a device, not a file')
  })
})

test('an output is named as a person names it', () =>
  withFolder(
    {
      'a.mpc.hcl':
        'output "sum" {\n  value = 1 + 2\n}\noutput "key" {\n  value = sensitive("geheim")\n  sensitive = true\n}\n',
    },
    async ({ run }) => {
      assert.is((await run(['eval', 'output.sum * 2'])).stdout, '6\n')
      assert.match((await run(['eval', 'output.key'])).stdout, /^\(sensitive/)
      const other = await run(['eval', 'output.sun'])
      assert.is(other.code, 1)
      assert.match(other.stderr, 'The output "sun" is not declared. Did you mean "sum"?')
    },
  ))

test.run()
