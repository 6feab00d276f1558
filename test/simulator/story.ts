import * as assert from 'uvu/assert'
import { type SimulatorOptions, startSimulator } from '../../src/simulator/start.ts'
import { normalForm } from './normal-form.ts'
import { plainClient } from './plain-client.ts'

/** One request of a story and what PVE answers: the reason phrase (`OK` unless told), the data, the errors by parameter. */
export type Step = {
  readonly ask: string
  readonly with?: Readonly<Record<string, string | number>>
  /** `user@realm` by password, or a token `user@realm!name=secret`; root's token unless told. */
  readonly as?: string
  readonly says?: string
  readonly data?: unknown
  readonly errors?: Readonly<Record<string, string>>
  /** Exit status of the task that the answer starts. */
  readonly task?: string
}

const passwords: Readonly<Record<string, string>> = { 'root@pam': 'recorded', 'alice@pve': 'alicepass1' }

type Body = { readonly data?: unknown; readonly errors?: unknown } | null

/** Holds a story with a simulator of its own, on the recorded node unless told; fails at the first answer that is not as told. */
export const tell = async (steps: readonly Step[], options: SimulatorOptions = {}): Promise<void> => {
  const simulator = await startSimulator({
    profile: 'recorded',
    http: true,
    speed: Number.POSITIVE_INFINITY,
    password: 'recorded',
    ...options,
  })
  const client = plainClient(simulator.url)
  const headersOf = async (as: string | undefined): Promise<Readonly<Record<string, string>>> => {
    if (as === undefined) return { authorization: `PVEAPIToken=${simulator.token}` }
    if (as === 'nobody') return {}
    if (as.includes('!')) return { authorization: `PVEAPIToken=${as}` }
    const login = { username: as, password: passwords[as] ?? '' }
    const { body } = await client.ask({ method: 'POST', path: '/access/ticket', params: login, headers: {} })
    const ticket = (body as { readonly data: Readonly<Record<string, string>> }).data
    return {
      cookie: `PVEAuthCookie=${encodeURIComponent(ticket['ticket'] ?? '')}`,
      csrfpreventiontoken: ticket['CSRFPreventionToken'] ?? '',
    }
  }
  try {
    for (const step of steps) {
      const [method = '', path = ''] = step.ask.split(' ')
      const answer = await client.ask({ method, path, params: step.with ?? {}, headers: await headersOf(step.as) })
      const body = answer.body as Body
      assert.is(answer.reason, step.says ?? 'OK', step.ask)
      if (step.errors !== undefined) assert.equal(body?.errors, step.errors, step.ask)
      if ('data' in step) assert.equal(normalForm(body?.data), normalForm(step.data), step.ask)
      if (step.task !== undefined) assert.is(await simulator.world.tasks.ended(String(body?.data)), step.task, step.ask)
    }
  } finally {
    client.close()
    await simulator.stop()
  }
}
