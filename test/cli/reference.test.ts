import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Result, withWorkspace } from './mpc.ts'

const PAIR = `defaults "vm" {
  memory = 512
}

vm "first" {
  node = "pve1"

  network "net0" {
    bridge = "vmbr0"
  }
}

vm "second" {
  node        = "pve1"
  description = "beside \${vm.first.vmid} (\${vm.first.name}, \${vm.first.memory} MiB)"
}

output "second" {
  value = vm.first.vmid
}

output "all" {
  value = {
    vmid   = vm.first.vmid
    bridge = vm.first.net0.bridge
    mac    = vm.first.network.net0.macaddr
    rate   = vm.first.network.net0.rate
    power  = vm.first.power
    disks  = vm.first.disk
  }
}
`

const outputs = ({ stdout }: Result): readonly unknown[] =>
  JSON.parse(stdout.split('\n')[0] ?? '{}').outputs.map(({ value }: { readonly value: unknown }) => value)

const descriptionIn = ({ stdout }: Result): string => /description=?"?:?\s*"?(beside [^"]*)/.exec(stdout)?.[1] ?? ''

test('a guest can be told the VMID, name and inherited attributes of one that is still to be made', () =>
  withWorkspace(async ({ run, write }) => {
    write('pair.mpc.hcl', PAIR)
    const planned = await run(['plan', '--json'])
    assert.is(planned.code, 0, planned.all)
    const plan = JSON.parse(planned.stdout.split('\n')[0] ?? '{}')
    const [all, vmid] = outputs(planned)
    assert.is(all, undefined, 'the server chooses a part of it')
    assert.type(vmid, 'number')
    assert.is(descriptionIn(planned), `beside ${vmid} (first, 512 MiB)`)
    assert.ok(JSON.stringify(plan).includes(`"vmid":${vmid}`), 'the plan creates it with this number')
  }))

test('after an apply, what the server chose is known, and the second plan is empty', () =>
  withWorkspace(async ({ run, write }) => {
    write('pair.mpc.hcl', PAIR)
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    assert.match(applied.stdout, /Outputs:\n {6}all = [\s\S]*mac += "BC:24:11:/)
    assert.is((await run(['plan', '--detailed-exitcode'])).code, 0)
    assert.match((await run(['eval', '--raw', 'vm.first.network.net0.macaddr'])).stdout, /^BC:24:11:[0-9A-F:]+$/)
    assert.match((await run(['eval', 'vm.first.vmid'])).stdout, /^\d+\n$/)
    const more = `\${lower(vm.first.network.net0.macaddr)} \${vm.first.power} (\${vm.first.name}`
    write('pair.mpc.hcl', PAIR.replace(`(\${vm.first.name}`, more))
    const second = await run(['plan', '--json'])
    const [all] = outputs(second) as [Record<string, unknown>]
    assert.match(String(all['mac']), /^BC:24:11:/)
    assert.equal([all['rate'], all['power'], all['disks']], [null, 'stopped', {}])
    assert.match(
      descriptionIn(second),
      new RegExp(`^beside ${all['vmid']} ${String(all['mac']).toLowerCase()} stopped`),
    )
  }))

test('what a new guest will get from the server cannot be written into another, and validate does not mind', () =>
  withWorkspace(async ({ run, write }) => {
    write('pair.mpc.hcl', PAIR.replace('vm.first.name}', 'vm.first.network.net0.macaddr}'))
    const planned = await run(['plan'])
    assert.is(planned.code, 1)
    assert.match(planned.stderr, 'declaration.value-not-known')
    assert.match(planned.stderr, 'vm.first.network.net0.macaddr is chosen by the server')
    const validated = await run(['validate'])
    assert.is(validated.code, 0, validated.all)
  }))

test('a reference to something neither declared nor known to Proxmox VE is refused, with what was meant', () =>
  withWorkspace(async ({ run, write }) => {
    write('pair.mpc.hcl', PAIR.replace('net0.rate', 'net0.rat'))
    const { code, stderr } = await run(['plan'])
    assert.is(code, 1)
    assert.match(stderr, 'vm.first.network.net0 has no attribute named "rat". Did you mean "rate"?')
  }))

test('numbers that decide how many guests there are settle', () =>
  withWorkspace(async ({ run, write }) => {
    write(
      'count.mpc.hcl',
      `vm "a" {
  node = "pve1"
}

vm "b" {
  count       = vm.a.vmid > 99 ? 2 : 0
  node        = "pve1"
  description = "\${vm.a.vmid}"
}

output "ids" {
  value = [vm.a.vmid, vm.b[*].vmid]
}
`,
    )
    const planned = await run(['plan', '--json'])
    assert.is(planned.code, 0, planned.all)
    const [[first, others]] = outputs(planned) as [[number, readonly number[]]]
    assert.equal(others, [first + 1, first + 2])
    const applied = await run(['apply', '--auto-approve', '--json'])
    const last = JSON.parse(applied.stdout.trim().split('\n').at(-1) ?? '{}')
    assert.equal([last.type, last.outputs], ['outputs', JSON.parse(planned.stdout.split('\n')[0] ?? '{}').outputs])
  }))

test.run()
