import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { planChanges } from '../../src/plan/plan-changes.ts'
import { DEFAULT_PLAN_OPTIONS } from '../../src/plan/plan-options.ts'
import type { DesiredGuest } from '../../src/resource/desired.ts'
import type { Observed } from '../../src/resource/observed.ts'
import { DISK } from './check-cases.ts'
import { observe } from './model-cluster.ts'
import { addGuest, at, container, desire, emptyModel, vm } from './samples.ts'

const CONTENT = ['import', 'iso', 'snippets', 'vztmpl']

/** Storage `local` of each node takes every content and holds these volumes. */
const holding = (observed: Observed, volumes: Readonly<Record<string, readonly string[]>>): Observed => ({
  ...observed,
  storages: observed.storages.map((storage) => {
    const held = volumes[storage.node]
    return storage.storage === 'local' ? { ...storage, content: CONTENT, ...(held && { volumes: held }) } : storage
  }),
})

const told = (resource: DesiredGuest, volumes: Readonly<Record<string, readonly string[]>>, model = emptyModel()) => {
  // Root may set a hookscript, so that what is told is about volumes only.
  const rights = { principal: 'root@pam', paths: {} }
  const observed = { ...holding(observe(model), volumes), rights }
  const imports = [...observed.guests].map(({ node, vmid }) => ({ to: at(resource.address), id: `${node}/${vmid}` }))
  const { diagnostics } = planChanges(desire([resource], { imports }), observed, [], DEFAULT_PLAN_OPTIONS)
  return diagnostics.map(({ code, detail }) => `${code} ${detail}`)
}

const withCdrom = (file: string) => vm('vm.a', { config: { scsi0: DISK, ide2: { file, media: 'cdrom' } } })
const isTold = (problems: readonly string[], ...phrases: readonly (string | RegExp)[]): void => {
  assert.is(problems.length, 1, problems.join('\n'))
  for (const phrase of ['plan.unknown-volume', ...phrases]) assert.match(problems[0] ?? '', phrase)
}

test('an image that is not there is told with the nearest and all others', () => {
  const held = { pve1: ['local:iso/debian-12.iso', 'local:iso/win.iso', 'local:vztmpl/debian.tar.zst'] }
  isTold(
    told(withCdrom('local:iso/debain-12.iso'), held),
    'Did you mean "local:iso/debian-12.iso"?',
    'Its ISO images: local:iso/debian-12.iso, local:iso/win.iso. If',
  )
  assert.equal(told(withCdrom('local:iso/win.iso'), held), [])
})

test('an image that is on another node only is told with that node', () => {
  isTold(
    told(withCdrom('local:iso/a.iso'), { pve1: [], pve2: ['local:iso/a.iso'] }),
    'storage local on pve1 did not hold',
    'pve2 has it.',
    'It holds no ISO images: upload or download one to local.',
  )
})

test('a long list is cut', () => {
  const many = Array.from({ length: 40 }, (_, at) => `local:iso/${at}.iso`)
  isTold(told(withCdrom('local:iso/x.iso'), { pve1: many }), 'and 28 more')
})

test('images to import, archives and snippets are looked for too', () => {
  const held = { pve1: ['local:import/a.qcow2', 'local:snippets/user.yaml', 'local:vztmpl/a.tar.zst'] }
  const disk = { storage: 'local-lvm', 'import-from': 'local:import/b.qcow2' }
  isTold(told(vm('vm.a', { config: { scsi0: disk } }), held), 'Its images to import: local:import/a.qcow2.')
  isTold(told(vm('vm.a', { config: { cicustom: { user: 'local:snippets/usr.yaml' } } }), held), '`cicustom.user` names')
  isTold(told(vm('vm.a', { config: { hookscript: 'local:snippets/h.pl' } }), held), '`hookscript` names')
  const archive = container('container.a', {
    source: { by: 'archive', volume: 'local:vztmpl/b.tar.zst' },
    config: { rootfs: DISK },
  })
  isTold(told(archive, held), 'is to be made from `local:vztmpl/b.tar.zst`', 'Its archives: local:vztmpl/a.tar.zst')
})

test('what could not be listed, or is listed to few, is no problem', () => {
  assert.equal(told(withCdrom('local:iso/a.iso'), {}), [])
  const script = vm('vm.a', { config: { hookscript: 'local:snippets/h.pl' } })
  assert.equal(told(script, { pve1: ['local:iso/a.iso'] }), [])
})

test('what a guest has already is not looked for, a change is', () => {
  const model = emptyModel()
  addGuest(model, { type: 'qemu', vmid: 300, current: { name: 'a', ide2: 'local:iso/gone.iso,media=cdrom' } })
  const declared = (file: string) => vm('vm.a', { config: { ide2: { file, media: 'cdrom' } } })
  assert.equal(told(declared('local:iso/gone.iso'), { pve1: [] }, model), [])
  isTold(told(declared('local:iso/new.iso'), { pve1: [] }, model), '`local:iso/new.iso`')
})

test.run()
