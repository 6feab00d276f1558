import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const SECRET = 'hunter2-correct-horse'

const DECLARED = `variable "password" {
  type      = string
  sensitive = true
}
vm "shop" {
  node       = "pve1"
  vmid       = 700
  name       = "shop"
  cores      = 1
  memory     = 512
  cipassword = var.password
}
output "password" {
  value     = var.password
  sensitive = true
}
`
const GIVEN = { env: { MPC_VAR_password: SECRET } }

test('plan, show and the outcome of apply come as text, Markdown, patch and JSON, without a secret in any of them', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', DECLARED)
    const said: string[] = []
    const stdoutOf = async (args: readonly string[]) => {
      const { code, stdout, all } = await run(args, GIVEN)
      assert.is(code, 0, all)
      said.push(all)
      return stdout
    }
    const json = await stdoutOf(['plan', '--json'])
    assert.is(await stdoutOf(['plan', '--format', 'json']), json)
    assert.is(await stdoutOf(['plan', '--format', 'text']), await stdoutOf(['plan']))
    const markdown = await stdoutOf(['plan', '--format', 'markdown'])
    assert.ok(markdown.startsWith('<!-- mpc:plan -->\n'))
    assert.match(markdown, JSON.parse(json).fingerprint)
    assert.is(await stdoutOf(['show', '--format', 'markdown']), markdown)
    const patch = await stdoutOf(['show', '--format', 'patch'])
    assert.match(patch, 'diff --git a/vm.shop b/vm.shop\nnew file mode 100644\n--- /dev/null\n')
    assert.match(patch, '+cipassword = (sensitive)\n')
    const outcome = await stdoutOf(['apply', JSON.parse(json).id, '--auto-approve', '--format', 'markdown'])
    assert.ok(outcome.startsWith('<!-- mpc:outcome -->\n'), outcome)
    assert.match(outcome, 'Applied.')
    assert.match(outcome, '✓ vm.shop: create VM 700')
    assert.not.ok(said.some((text) => text.includes(SECRET)))
  }))

test('what changes of a managed guest stands in a patch among what stays', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', DECLARED)
    assert.is((await run(['apply', '--auto-approve'], GIVEN)).code, 0)
    write('a.mpc.hcl', DECLARED.replace('cores      = 1', 'cores      = 2'))
    const { stdout } = await run(['plan', '--format', 'patch'], { env: { MPC_VAR_password: 'another-one' } })
    assert.is(
      stdout,
      `diff --git a/vm.shop b/vm.shop
--- a/vm.shop
+++ b/vm.shop
@@ -1,4 +1,4 @@
-cipassword = (sensitive)
-cores = 1
+cipassword = (sensitive, another value)
+cores = 2
 memory = 512
 name = "shop"
`,
    )
  }))

test('two forms at once are wrong usage, and so is one that does not exist', () =>
  withWorkspace(async ({ run, write }) => {
    write('a.mpc.hcl', DECLARED)
    for (const command of ['plan', 'show', 'apply']) {
      assert.is((await run([command, '--json', '--format', 'markdown'], GIVEN)).code, 64, command)
      assert.is((await run([command, '--format', 'html5'], GIVEN)).code, 64, command)
    }
  }))

test.run()
