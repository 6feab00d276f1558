import type { Guest, Runtime, Section } from '../state/guest.ts'
import type { World } from '../state/world.ts'

/** Model milliseconds until a started guest's agent answers. */
const bootTime = 8000

/** Marks a VM as running with the configuration it has now. */
export const markRunning = (
  world: World,
  guest: Guest,
  { paused = false }: { readonly paused?: boolean } = {},
): void => {
  const runtime: Runtime = {
    pid: 2000 + world.random.below(60_000),
    since: world.clock.now(),
    paused,
    detached: new Set(),
  }
  guest.running = runtime
  world.agents.delete(guest.vmid)
  if (world.guestsReact)
    world.clock.after(bootTime, () => {
      if (guest.running === runtime) world.agents.add(guest.vmid)
    })
}

/** Whether hot-unplugging works: guests that do not react keep their devices busy. */
export const canUnplug = (world: World, guest: Guest): boolean => world.guestsReact && guest.answersUnplug

/** Memory of a section in bytes. */
export const memoryOf = (config: Section): number => {
  const text = config['memory'] ?? '512'
  return Number(/(?:^|current=)(\d+)/.exec(text)?.[1] ?? 512) * 2 ** 20
}

export const cpusOf = (config: Section): number =>
  Number(config['vcpus'] ?? Number(config['sockets'] ?? 1) * Number(config['cores'] ?? 1))

/** The machine type a Windows guest is pinned to; nothing when it is no Windows or pinned already. */
export const pinnedMachine = (ostype: string | undefined, machine: string | undefined): string | undefined => {
  if (ostype === undefined || !/^(?:w2k|wxp|wvista|win)/.test(ostype)) return undefined
  const type = /^(?:type=)?([^,]+)/.exec(machine ?? 'pc')?.[1]
  if (type !== 'pc' && type !== 'q35') return undefined
  const pinned = type === 'q35' ? 'pc-q35-10.0+pve1' : 'pc-i440fx-10.0+pve1'
  return machine === undefined ? pinned : machine.replace(type, pinned)
}

/** What PVE writes beside a saved state, so that it can be resumed on the same virtual hardware. */
export const hardwareOf = (config: Section): Section => {
  const nets = Object.keys(config).filter((key) => /^net\d+$/.test(key))
  const cpu = /^(?:cputype=)?([^,=]+)/.exec(config['cpu'] ?? '')?.[1]
  const usual = config['kvm'] === '0' ? 'qemu64' : 'kvm64,+lahf_lm,+sep'
  return {
    'running-nets-host-mtu':
      nets
        .sort()
        .map((key) => `${key}=1500`)
        .join(',') || ' ',
    runningcpu: cpu === undefined ? usual : `${cpu},+kvm_pv_eoi,+kvm_pv_unhalt`,
    runningmachine: /^(?:type=)?(?:q35|pc-q35)/.test(config['machine'] ?? '') ? 'pc-q35-10.0' : 'pc-i440fx-10.0',
  }
}
