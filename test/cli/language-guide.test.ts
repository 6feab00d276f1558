import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

/** The first example below a heading of the guide. */
const exampleOf = (heading: string): string => {
  const guide = readFileSync(join('docs', 'language.md'), 'utf8')
  const [, below = ''] = guide.split(`### ${heading}\n`)
  return /```hcl\n([\s\S]*?)```/.exec(below)?.[1] ?? ''
}

for (const [heading, slot, text] of [
  ['From a cloud image, without a template', 'ide2', /cloudinit,media=cdrom/],
  ['A data disk beside the machine', 'scsi1', /vm-\d+-disk-0,size=20G/],
] as const)
  test(`the example "${heading}" of the language guide is carried out, and plans nothing more`, () =>
    withWorkspace(async ({ run, write, simulator }) => {
      const example = exampleOf(heading)
      assert.match(example, 'vm "')
      write('main.mpc.hcl', example)
      const applied = await run(['apply', '--auto-approve'])
      assert.is(applied.code, 0, applied.all)
      const configs = [...simulator.world.guests.values()].map(({ config }) => config)
      const made = configs.find(({ name }) => name === 'cloud' || name === 'machine')
      assert.match(made?.[slot] ?? '', text)
      assert.match(made?.['scsi0'] ?? '', heading.startsWith('From') ? /size=20G/ : /size=8G/)
      const again = await run(['apply', '--auto-approve'])
      assert.match(again.all, 'No changes', again.all)
    }))

test.run()
