import { makeDispatch } from './api/dispatch.ts'
import { makeRouter } from './api/router.ts'
import { ticketSecret } from './auth/ticket.ts'
import { factControl } from './fact/control.ts'
import { type WorldFacts, worldFacts } from './fact/world-facts.ts'
import { writeAsGuest } from './fact/write-as-guest.ts'
import { faultControl } from './fault/control.ts'
import { type Faults, makeFaults } from './fault/faults.ts'
import { configText } from './guest/config-text.ts'
import type { Answer } from './http/answer.ts'
import type { Certificate } from './http/certificate.ts'
import { type Control, type HttpHook, listen, type SeenRequest } from './http/server.ts'
import { type ProfileName, profiles } from './profile/profiles.ts'
import { routes } from './routes.ts'
import { makeWorld } from './state/make-world.ts'
import type { World } from './state/world.ts'
import { scaledClock, virtualClock } from './task/clock.ts'
import { buildTwin } from './twin/build-twin.ts'
import type { ClusterDescription } from './twin/description.ts'

/** What to simulate and where to listen. */
export type SimulatorOptions = {
  readonly profile?: ProfileName
  /** With profile `homelab`: that many nodes and guests instead of its own. */
  readonly nodes?: number
  readonly guests?: number
  readonly seed?: number
  /** 0: any free port (the default). */
  readonly port?: number
  /** Plain HTTP instead of HTTPS. */
  readonly http?: boolean
  /** How much faster than real the model's durations pass; Infinity: at once, in order. Default 100, in profile `recorded` 10. */
  readonly speed?: number
  /** Secret of the token `root@pam!mpc` (a UUID); seeded unless given. Profile `recorded` has `root@pam!tf` instead. */
  readonly token?: string
  /** `virtual`: time passes only by requests, equal requests give equal answers to the byte. */
  readonly clock?: 'scaled' | 'virtual'
  /** Password of root@pam. Default `proxmox`, in profile `recorded` `recorded`. */
  readonly password?: string
  /** A described cluster instead of a profile; its first node is the one that answers. `twin/parse-description.ts` reads one. */
  readonly from?: ClusterDescription
  /** Builds the cluster instead of a profile. */
  readonly build?: (world: World) => void
  /** Called with every request and its answer (`--record`). */
  readonly onExchange?: (seen: SeenRequest, answer: Answer) => void
}

export type Simulator = {
  readonly url: string
  /** SHA-256 fingerprint of the certificate; empty with plain HTTP. */
  readonly fingerprint: string
  readonly caPem: string
  /** Full token of root: `root@pam!mpc=<uuid>`; in profile `recorded` `root@pam!tf` with an all-zero secret. */
  readonly token: string
  readonly password: string
  readonly port: number
  readonly world: World
  /** Requests since start (or since the list was emptied): push-only, oldest first, at most the last 10,000. */
  readonly requests: SeenRequest[]
  /** How many requests came, by verb. */
  readonly counts: Readonly<Record<string, number>>
  /** Faults on demand; also over HTTP at /simulator/faults. */
  readonly faults: Faults
  /** Hooks on requests and answers; see `fault/`. */
  readonly hooks: HttpHook[]
  /** Every guest's configuration text by `type/vmid`, with pending values and snapshots: for comparison byte for byte. */
  readonly dump: () => Record<string, string>
  /** Everything about guests, volumes, archives, pools and rights; also over HTTP at /simulator/facts. */
  readonly facts: () => WorldFacts
  /** Makes a running guest write to its volumes (or to those of these keys); also over HTTP at /simulator/write. */
  readonly write: (vmid: number, keys?: readonly string[]) => Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

const dumpOf = (world: World): Record<string, string> =>
  Object.fromEntries(
    [...world.guests.values()]
      .sort((a, b) => a.vmid - b.vmid)
      .map((guest) => [
        `${guest.type}/${guest.vmid}`,
        `# node ${guest.node}${guest.running ? ' running' : ''}\n${configText(guest)}`,
      ]),
  )

const twinFacts = ({ name, nodes, version }: ClusterDescription): Partial<World> => ({
  clusterName: name ?? (nodes.length > 1 ? 'cluster' : undefined),
  ...(version === undefined ? {} : { version }),
})

const buildWorld = (options: SimulatorOptions): World => {
  const profile = options.profile ?? 'homelab'
  const virtual = options.clock === 'virtual'
  const clock = virtual
    ? virtualClock(Date.UTC(2026, 10, 21, 12))
    : scaledClock(options.speed ?? profiles[profile].speed)
  const { from } = options
  const facts = from === undefined ? profiles[profile].facts : twinFacts(from)
  const local = from?.nodes[0]?.name ?? 'pve1'
  const world = makeWorld(clock, options.seed ?? 1, local, passwordOf(options), facts)
  if (from) buildTwin(from)(world)
  else if (options.build) options.build(world)
  else profiles[profile].build(world, options.nodes, options.guests)
  return world
}

const firstOf =
  (...controls: readonly Control[]): Control =>
  (verb, path, body) => {
    for (const control of controls) {
      const answer = control(verb, path, body)
      if (answer !== undefined) return answer
    }
    return undefined
  }

const passwordOf = ({ password, profile = 'homelab' }: SimulatorOptions): string =>
  password ?? profiles[profile].password

const giveToken = (world: World, { token, profile = 'homelab' }: SimulatorOptions): string => {
  const known = profiles[profile].token
  if (token === undefined && known !== undefined) return known
  const secret = token ?? world.random.uuid()
  const root = world.access.users.get('root@pam')
  root?.tokens.set('mpc', { tokenid: 'mpc', expire: 0, privsep: false, secret })
  return `root@pam!mpc=${secret}`
}

// Loaded only for HTTPS: the library takes longer to load than all the rest.
const certificateFor = async (node: string): Promise<Certificate> =>
  (await import('./http/certificate.ts')).makeCertificate(node)

/** Starts a simulated Proxmox VE cluster on 127.0.0.1. Fails when the port is taken. */
export const startSimulator = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const world = buildWorld(options)
  const token = giveToken(world, options)
  const secret = ticketSecret(world)
  const certificate = options.http ? undefined : await certificateFor(world.local)
  const requests: SeenRequest[] = []
  const counts: Record<string, number> = {}
  const hooks: HttpHook[] = []
  if (options.onExchange) {
    const record = options.onExchange
    hooks.push({
      after: (seen: SeenRequest, answer: Answer) => {
        record(seen, answer)
        return answer
      },
    })
  }
  const faults = makeFaults(world)
  hooks.push(faults.http)
  world.tasks.hooks.push(faults.task)
  const listening = await listen(
    {
      dispatch: makeDispatch(world, secret, makeRouter(), routes),
      clock: world.clock,
      hooks,
      control: firstOf(faultControl(faults), factControl(world)),
      delay401: 3000,
      seen: (seen) => {
        requests.push(seen)
        if (requests.length > 10_000) requests.splice(0, 1000)
        counts[seen.verb] = (counts[seen.verb] ?? 0) + 1
      },
    },
    options.port ?? 0,
    certificate,
  )
  return {
    url: `${options.http ? 'http' : 'https'}://127.0.0.1:${listening.port}`,
    fingerprint: certificate?.fingerprint ?? '',
    caPem: certificate?.caPem ?? '',
    token,
    password: passwordOf(options),
    port: listening.port,
    world,
    requests,
    counts,
    faults,
    hooks,
    dump: () => dumpOf(world),
    facts: () => worldFacts(world),
    write: (vmid, keys) => writeAsGuest(world, vmid, keys),
    stop: async () => {
      await listening.stop()
      world.clock.stop()
    },
  }
}
