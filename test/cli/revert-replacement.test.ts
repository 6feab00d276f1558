import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lostContents } from '../../src/simulator/fact/world-facts.ts'
import { withWorkspace } from './mpc.ts'

/** A replacement is undone, done again, and undone once more. */

const BOX = (lines: string): string => `container "box" {
  node     = "pve1"
  template = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
  rootfs   = { storage = "local-lvm", size = "4G" }
  power    = "running"
${lines}}
`
const SERVER = (lines: string): string => `vm "box" {
  node  = "pve1"
  power = "running"
  disk "scsi0" {
    storage = "local-lvm"
    size    = "4G"
  }
${lines}}
`
const ended = (how: string): string => `  lifecycle {\n    on_destroy = "${how}"\n  }\n`
const PLAN = /mpc revert (p-[a-z0-9]+)/

const WAYS: Readonly<Record<string, readonly [address: string, text: string]>> = {
  'container, backed up': ['container.box', BOX(ended('backup'))],
  'container with a VMID of its own, backed up': ['container.box', BOX(`  vmid = 610\n${ended('backup')}`)],
  'container, retained': ['container.box', BOX(ended('retain'))],
  'VM, backed up': ['vm.box', SERVER(ended('backup'))],
  'VM with a VMID of its own, backed up': ['vm.box', SERVER(`  vmid = 610\n${ended('backup')}`)],
  'VM, retained': ['vm.box', SERVER(ended('retain'))],
}

for (const [what, [address, text]] of Object.entries(WAYS))
  test(`a replacement is reverted, done again and reverted again: ${what}`, () =>
    withWorkspace(async ({ run, write, simulator }) => {
      const done = async (args: readonly string[]) => {
        const result = await run([...args, '--auto-approve'])
        assert.is(result.code, 0, `${args.join(' ')}:\n${result.all}`)
        return PLAN.exec(result.all)?.[1] ?? 'no plan id'
      }
      const known = () =>
        Object.values(simulator.facts().guests).filter(({ config }) =>
          /^box/.test(config['name'] ?? config['hostname'] ?? ''),
        )
      const isManaged = async () => {
        const { code, all } = await run(['plan'])
        assert.match(all, 'No changes', `exit ${code}:\n${all}`)
      }
      write('a.mpc.hcl', text)
      await done(['apply'])
      const before = simulator.facts()
      const replaced = await done(['apply', '--replace', address])
      const undone = await done(['revert', replaced])
      await isManaged()
      assert.equal(lostContents(before, simulator.facts()), [])
      const count = known().length
      const again = await done(['revert', undone])
      await isManaged()
      assert.is(known().filter(({ power }) => power === 'running').length, 1)
      await done(['revert', again])
      await isManaged()
      assert.is(known().length, count)
      assert.equal(lostContents(before, simulator.facts()), [])
    }))

test.run()
