import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Bench, field, makeContainer, onCluster } from './cluster-bench.ts'

/** One option set or deleted on a running container, as measured on PVE 9.2: the answer, and the option before and after. */
type Measured = {
  readonly option: string
  readonly op: 'set' | 'delete'
  readonly sent?: unknown
  readonly line: string
  readonly before: unknown
  readonly after: unknown
  readonly value: unknown
}

const measured = JSON.parse(readFileSync('fixtures/pve/container-live.json', 'utf8')) as readonly Measured[]

const makeMatrix = (bench: Bench): Promise<string> =>
  makeContainer(bench, 260, {
    hostname: 'matrix',
    memory: 128,
    swap: 64,
    cores: 1,
    description: 'd',
    tags: 't',
    rootfs: 'local:1',
    mp0: 'local:1,mp=/data',
    net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:03,ip=10.99.0.250/24',
    start: 1,
  })

const entryOf = async ({ ask }: Bench, path: string, option: string): Promise<unknown> => {
  const { data } = await ask('GET', `${path}/pending`)
  return (data as readonly { readonly key: string }[]).find(({ key }) => key === option) ?? null
}

/** MAC addresses the server made up are as good as any. */
const anyMac = (value: unknown): string =>
  JSON.stringify(value, Object.keys((value as object | null) ?? {}).sort()).replace(
    /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/g,
    'MAC',
  )

for (const { option, op, sent, line, before, after, value } of measured)
  test(`${op} ${option} ${op === 'set' ? JSON.stringify(sent) : ''} on a running container is taken as PVE takes it`, () =>
    onCluster(async (bench) => {
      const path = await makeMatrix(bench)
      assert.is(anyMac(await entryOf(bench, path, option)), anyMac(before), 'before')
      const params = op === 'set' ? { [option]: sent } : { delete: option }
      assert.is((await bench.ask('PUT', `${path}/config`, params, 'root@pam')).line, line)
      assert.is(anyMac(await entryOf(bench, path, option)), anyMac(after), 'after')
      const read = field(await bench.ask('GET', `${path}/config`), option) ?? null
      assert.is(anyMac([read]), anyMac([value]), 'value')
    }))

test.run()
