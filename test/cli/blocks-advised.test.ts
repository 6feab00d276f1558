import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Workspace, withWorkspace } from './mpc.ts'
import { callPve } from './pveum.ts'

const AUTO = ['apply', '--auto-approve']

/** The block of this sort in a message, as it stands there. */
const blockIn = (text: string, name: string, isYaml = false): string => {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.trim() === (isYaml ? `${name}:` : `${name} {`))
  assert.ok(start >= 0, text)
  const indent = (lines[start] ?? '').search(/\S/)
  const rest = lines.slice(start)
  const end = rest.findIndex((line, index) => index > 0 && (isYaml ? line.trim() === '' : line.slice(indent) === '}'))
  return `${rest
    .slice(0, isYaml ? end : end + 1)
    .map((line) => line.slice(indent))
    .join('\n')}\n`
}

const takenBy = async ({ simulator }: Workspace, name: string): Promise<void> => {
  await callPve(simulator, { method: 'DELETE', path: '/nodes/pve1/qemu/300', params: {} })
  for (let tries = 0; tries < 100 && simulator.dump()['qemu/300'] !== undefined; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  await callPve(simulator, { method: 'POST', path: '/nodes/pve1/qemu', params: { vmid: '300', name } })
}

for (const [language, file, declared] of [
  ['HCL', 'main.mpc.hcl', 'vm "a" {\n  node = "pve1"\n  vmid = 300\n}\n'],
  ['YAML', 'main.mpc.yaml', 'vm:\n  a:\n    node: pve1\n    vmid: 300\n'],
] as const)
  test(`a binding whose VMID another guest has is forgotten with the block advised, in ${language}`, () =>
    withWorkspace(
      async (workspace) => {
        const { run, write, simulator } = workspace
        write(file, declared)
        assert.is((await run(AUTO)).code, 0)
        await takenBy(workspace, 'payroll')
        const refused = await run(['plan'])
        assert.match(refused.all, 'plan.identity-changed')
        write(file, blockIn(refused.all, 'removed', language === 'YAML'))
        const forgotten = await run(AUTO)
        assert.is(forgotten.code, 0, forgotten.all)
        assert.match(simulator.dump()['qemu/300'] ?? '', 'payroll')
        write(file, '')
        assert.match((await run(['plan'])).all, 'No changes')
      },
      { http: true },
    ))

test('what must not be destroyed is kept with the block advised', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const kept = 'lifecycle {\n    prevent_destroy = true\n  }\n}\n'
    write('a.mpc.hcl', `vm "a" {\n  node = "pve1"\n  vmid = 300\n  ${kept}`)
    write('b.mpc.hcl', `pool "p" {\n  ${kept}`)
    assert.is((await run(AUTO)).code, 0)
    write('a.mpc.hcl', '')
    const guest = await run(['plan'])
    assert.match(guest.all, 'plan.prevent-destroy')
    write('a.mpc.hcl', blockIn(guest.all, 'removed'))
    write('b.mpc.hcl', '')
    const pool = await run(['plan'])
    assert.match(pool.all, 'plan.prevent-destroy')
    write('b.mpc.hcl', blockIn(pool.all, 'removed'))
    const forgotten = await run(AUTO)
    assert.is(forgotten.code, 0, forgotten.all)
    assert.ok(simulator.dump()['qemu/300'])
  }))

for (const [language, file, slot] of [
  ['HCL', 'main.mpc.hcl', (name: string) => `vm "a" {\n  node = "pve1"\n  ${name} = "local-lvm:4"\n}\n`],
  ['YAML', 'main.mpc.yaml', (name: string) => `vm:\n  a:\n    node: pve1\n    ${name}: local-lvm:4\n`],
] as const)
  test(`a disk goes to another slot with the block advised, in ${language}`, () =>
    withWorkspace(async ({ run, write, folder }) => {
      write(file, slot('virtio0'))
      assert.is((await run(AUTO)).code, 0)
      write(file, slot('scsi0'))
      const refused = await run(['plan'])
      assert.match(refused.all, 'plan.boot-disk-replaced')
      write(file, `${blockIn(refused.all, 'moved', language === 'YAML')}${slot('scsi0')}`)
      const moved = await run(AUTO)
      assert.is(moved.code, 0, moved.all)
      assert.not.match(moved.all, 'disk-replaced')
      rmSync(join(folder, file))
    }))

test.run()
