import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exportTerraform } from '../../src/export/terraform/export-terraform.ts'
import { type SimulatorOptions, startSimulator } from '../../src/simulator/start.ts'
import { guestsOf } from './exported.ts'
import { applyWithProvider, differences, providerFolder } from './terraform-provider.ts'
import { VARIOUS_GUESTS } from './various-guests.ts'

/** The provider's own settings: they stand in its state only, and an import gives them their defaults. */
const OWN =
  /^(?:migrate|reboot_after_update|delete_unreferenced_disks_on_destroy|purge_on_destroy|timeout_\w+|agent\.0\.wait_for_ip\.0)$/
/** What the server leaves unsaid and the provider reads as something else. */
const UNSAID = /^(?:cpu\.0(?:\.type)?|memory\.0\.(?:dedicated|swap)|operating_system\.0\.type|scsi_hardware)$/
const UNSAID_KEYS = new Set(['cpu', 'cores', 'sockets', 'numa', 'memory', 'swap', 'balloon', 'ostype', 'scsihw'])

const linesOf = (text = ''): ReadonlySet<string> => new Set(text.split('\n'))

/** Keys of the configuration lines that only one of two texts has. */
const changedKeys = (before: string | undefined, after: string | undefined): readonly string[] => {
  const [a, b] = [linesOf(before), linesOf(after)]
  const lines = [...[...a].filter((line) => !b.has(line)), ...[...b].filter((line) => !a.has(line))]
  return [...new Set(lines.map((line) => line.split(':')[0] ?? ''))].filter((key) => key !== '' && key !== '[PENDING]')
}

const isImportedUnchanged = async (options: SimulatorOptions): Promise<void> => {
  const folder = providerFolder()
  if (folder === undefined) return
  const simulator = await startSimulator({ speed: Number.POSITIVE_INFINITY, ...options })
  try {
    const guests = await guestsOf(simulator)
    const before = simulator.dump()
    const { files } = exportTerraform(guests, { cluster: 'homelab', endpoint: simulator.url })
    const changes = await applyWithProvider(folder, simulator, files)
    assert.is(changes.length, guests.length)
    const unsaid = new Set<string>()
    for (const { address, change } of changes) {
      assert.ok(change.importing, address)
      assert.ok(['update', 'no-op'].includes(change.actions.join()), `${address} ${change.actions}`)
      const left = differences(change.before, change.after).filter((path) => !OWN.test(path))
      if (left.length > 0) unsaid.add(change.importing?.id ?? '')
      assert.equal(
        left.filter((path) => !UNSAID.test(path)),
        [],
        address,
      )
    }
    for (const { guest } of guests) {
      const own = `${guest.type}/${guest.vmid}`
      const changed = changedKeys(before[own], simulator.dump()[own])
      const allowed = unsaid.has(`${guest.node}/${guest.vmid}`) ? UNSAID_KEYS : new Set<string>()
      // Spelt out by the provider; it means the same.
      assert.equal(
        changed.filter((key) => key !== 'agent' && !allowed.has(key)),
        [],
        own,
      )
    }
    for (const { verb, path } of simulator.requests.filter((seen) => seen.verb !== 'GET'))
      assert.match(`${verb} ${path}`, /^PUT .*\/config$/)
  } finally {
    await simulator.stop()
  }
}

test('the real provider imports a homelab, changes nothing of a guest, and finds nothing to do afterwards', () =>
  isImportedUnchanged({}))

test('the same goes for everything a guest can have', () => isImportedUnchanged({ from: VARIOUS_GUESTS }))

test.run()
