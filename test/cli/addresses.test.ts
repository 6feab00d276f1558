import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withWorkspace } from './mpc.ts'

const asking = (requests: readonly { readonly path: string }[]): readonly string[] =>
  requests.map(({ path }) => path).filter((path) => /(?:get-interfaces|lxc\/\d+\/interfaces)$/.test(path))

const MACHINE = `vm "a" {
  node  = "pve1"
  vmid  = 300
  clone = 9000
  agent = 1
  power = "running"
  ipconfig0 = { ip = "dhcp" }
}
`

test('the address a guest got is known after apply, shown from when it tells it, and in the state then', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write(
      'main.mpc.hcl',
      `${MACHINE}output "ip" { value = vm.a.ipv4_addresses }\noutput "first" { value = vm.a.ipv4_address }\n`,
    )
    const planned = await run(['plan'])
    assert.is(planned.code, 0, planned.all)
    assert.match(planned.stdout, /ip\s+= \(?known after apply/)
    assert.equal(asking(simulator.requests), [])
    const applied = await run(['apply', '--auto-approve'])
    assert.is(applied.code, 0, applied.all)
    await simulator.world.clock.sleep(10_000)
    // Nobody has read the cluster since: the last sync saw none, or what it told right after the start.
    const again = await run(['apply', '--auto-approve'])
    assert.is(again.code, 0, again.all)
    assert.match(again.all, 'No changes')
    const told = await run([
      'eval',
      '--json',
      '[vm.a.ipv4_addresses, vm.a.ipv4_address, vm.a.ipv6_addresses, vm.a.ipv6_address]',
    ])
    const [all, first, six, sixth] = JSON.parse(told.stdout).value
    assert.ok(all.length > 0 && all.every((address: string) => /^10\.[\d.]+$/.test(address)), told.stdout)
    assert.equal([first, six, sixth], [all[0], [], null])
  }))

test('only guests that are referred to are asked, containers and those data finds too, and none offline', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    write(
      'main.mpc.hcl',
      'data "guest" "dns" { name = "dns" }\ndata "guest" "off" { status = "stopped" }\noutput "dns" { value = data.guest.dns.ipv4_address }\noutput "off" { value = data.guest.off[*].ipv4_addresses }\n',
    )
    const value = async () => JSON.parse((await run(['eval', '--json', 'data.guest.dns.ipv4_address'])).stdout)
    assert.is((await value()).value, null)
    const from = simulator.requests.length
    const { code, all } = await run(['apply', '--auto-approve'])
    assert.is(code, 0, all)
    const asked = asking(simulator.requests.slice(from))
    assert.is(asked.length, 1, asked.join('\n'))
    assert.match((await value()).value, /^10\.0\.0\.\d+$/)
    assert.is((await run(['sync'])).code, 0)
    assert.is(asking(simulator.requests.slice(from)).length, 1)
    assert.match((await value()).value, /^10\.0\.0\.\d+$/)
    const synced = await run(['sync', '--addresses'])
    assert.is(synced.code, 0, synced.all)
    assert.ok(asking(simulator.requests.slice(from)).length > 3)
  }))

test('what other tools call the address is answered with the name it has here, and no name is listed twice', () =>
  withWorkspace(async ({ run, write }) => {
    write(
      'main.mpc.hcl',
      `${MACHINE}output "ip" { value = vm.a.default_ipv4_address }\noutput "x" { value = vm.a.xyzzy }\n`,
    )
    const { code, stderr } = await run(['plan'])
    assert.is(code, 1)
    assert.match(stderr, 'Did you mean "ipv4_address"?')
    const [, list = ''] = /no attribute named "xyzzy"\. It has ([^.…]*)/.exec(stderr) ?? []
    const names = list.split(', ').filter(Boolean)
    assert.ok(names.length > 5, stderr)
    assert.is(new Set(names).size, names.length, list)
  }))

test('addresses of a guest that the plan starts are known after it, and status says of when they are', () =>
  withWorkspace(async ({ run, write, simulator }) => {
    const output = 'output "ip" { value = vm.a.ipv4_addresses }\n'
    write('main.mpc.hcl', `${MACHINE.replace('"running"', '"stopped"')}${output}`)
    const made = await run(['apply', '--auto-approve'])
    assert.is(made.code, 0, made.all)
    assert.match(made.stdout, /ip\s+= \[\]/)
    assert.not.match((await run(['status'])).stdout, 'Addresses:')
    write('main.mpc.hcl', `${MACHINE}${output}`)
    const planned = await run(['plan'])
    assert.is(planned.code, 0, planned.all)
    assert.match(planned.stdout, /ip\s+= \(?known after apply/)
    const started = await run(['apply', '--auto-approve'])
    assert.is(started.code, 0, started.all)
    assert.match(started.stdout.split('Outputs').at(-1) ?? '', /ip\s+= \[/)
    await simulator.world.clock.sleep(10_000)
    assert.is((await run(['sync', '--addresses'])).code, 0)
    assert.match((await run(['status'])).stdout, /Addresses: of \d+ guests, the oldest as of /)
    const { addresses } = JSON.parse((await run(['status', '--json'])).stdout)
    assert.ok(addresses.guests > 1 && Date.parse(addresses.oldest) > 0)
  }))

test.run()
