import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const planId = (text: string): string => /\bp-[a-z0-9]+/.exec(text)?.[0] ?? 'no plan id'

test('what was destroyed for good stays gone, and the rest of the run is undone around it', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const both =
      'vm "gone" {\n  node = "pve1"\n  power = "running"\n  lifecycle {\n    on_destroy = "delete"\n  }\n}\nvm "kept" {\n  node = "pve1"\n  cores = 1\n}\n'
    write('a.mpc.hcl', both)
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    write('a.mpc.hcl', 'vm "kept" {\n  node = "pve1"\n  cores = 4\n}\n')
    const refused = await run(['apply', '--auto-approve'])
    assert.is(refused.code, 6, refused.all)
    assert.match(refused.stderr, '--allow-irreversible')
    const destroyed = await run(['apply', '--auto-approve', '--allow-irreversible'])
    assert.is(destroyed.code, 0, destroyed.all)
    const reverted = await run(['revert', planId(destroyed.stdout), '--auto-approve'])
    assert.is(reverted.code, 0, reverted.all)
    assert.match(reverted.stderr, 'cannot be undone')
    const texts = Object.values(simulator.dump())
    assert.ok(
      texts.some((text) => /^name: kept$/m.test(text) && /^cores: 1$/m.test(text)),
      'the other guest is as it was',
    )
    assert.not.ok(texts.some((text) => /^name: gone$/m.test(text)))
  }))

test('a run of which nothing can be undone is said to be one, and nothing is changed', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('a.mpc.hcl', 'vm "gone" {\n  node = "pve1"\n  lifecycle {\n    on_destroy = "delete"\n  }\n}\n')
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    write('a.mpc.hcl', '# nothing\n')
    const destroyed = await run(['apply', '--auto-approve', '--allow-irreversible', '--allow-destroy'])
    assert.is(destroyed.code, 0, destroyed.all)
    const before = simulator.dump()
    const reverted = await run(['revert', planId(destroyed.stdout), '--auto-approve'])
    assert.is(reverted.code, 6, reverted.all)
    assert.match(reverted.stderr, 'Nothing of run')
    assert.not.match(reverted.all, 'No changes')
    assert.equal(simulator.dump(), before)
  }))

test('a destroyed guest comes back from its backup, as it was', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write(
      'a.mpc.hcl',
      'vm "old" {\n  node = "pve1"\n  clone = "debian-12"\n  memory = 1536\n  tags = ["a"]\n  power = "running"\n}\n',
    )
    assert.is((await run(['apply', '--auto-approve'])).code, 0)
    const config = () => Object.values(simulator.dump()).find((text) => /^name: old$/m.test(text)) ?? ''
    const settled = (text: string) => text.replace(/^(?:meta|vmgenid|scsi0|ide2): .*\n/gm, '')
    const before = config()
    assert.match(before, 'memory: 1536')
    write('a.mpc.hcl', '# nothing\n')
    const destroyed = await run(['apply', '--auto-approve'])
    assert.is(destroyed.code, 0, destroyed.all)
    assert.is(config(), '')
    const reverted = await run(['revert', planId(destroyed.stdout), '--auto-approve'])
    assert.is(reverted.code, 0, reverted.all)
    assert.is(settled(config()), settled(before))
  }))

test('a revert refuses, naming the guest, when it was changed since', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write('a.mpc.hcl', 'vm "one" {\n  node = "pve1"\n  cores = 1\n}\n')
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    write('a.mpc.hcl', 'vm "one" {\n  node = "pve1"\n  cores = 3\n}\n')
    const changed = await run(['apply', '--auto-approve'])
    assert.is(changed.code, 0, changed.all)
    const vmid = Number(/VM (\d+) \(one\)/.exec(changed.stdout)?.[1])
    simulator.faults.add({ kind: 'concurrent-edit', vmid, set: { cores: '7' } })
    const before = await run(['revert', planId(changed.stdout), '--auto-approve'])
    assert.is(before.code, 6, before.all)
    assert.match(before.stderr, 'vm.one')
  }))

test.run()
