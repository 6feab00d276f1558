import { type ChildProcess, fork } from 'node:child_process'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'

const CONNECTIONS = 8
const MILLISECONDS = 4000

type Started = { readonly url: string; readonly token: string; readonly ready: number; readonly resident: number }

const told = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the simulator ended with ${code}`)))
  })

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

type Client = (path: string) => Promise<number>

const clientOf = ({ url, token }: Started): { readonly get: Client; readonly close: () => void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const headers = { authorization: `PVEAPIToken=${token}` }
  const get: Client = (path) =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}/api2/json${path}`, { agent, headers }, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      })
      sent.on('error', reject)
      sent.end()
    })
  return { get, close: () => agent.destroy() }
}

/** The n-th guest of the generated cluster: every fourth is a container, and they stand on the nodes in turn. */
const configPath = (n: number): string => {
  const index = (n * 7919) % 8000
  return `/nodes/pve${1 + (index % 30)}/${index % 4 === 3 ? 'lxc' : 'qemu'}/${100 + index}/config`
}

const load = async (get: Client): Promise<{ readonly perSecond: number; readonly refused: number }> => {
  const started = performance.now()
  let sent = 0
  let refused = 0
  const connection = async (): Promise<void> => {
    while (performance.now() - started < MILLISECONDS) if ((await get(configPath(sent++))) !== 200) refused++
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  return { perSecond: (sent * 1000) / (performance.now() - started), refused }
}

/** Measures a simulated cluster of 30 nodes and 10,000 guests: time to be ready, memory, configurations served a second. */
export const simulatorBench = async (): Promise<readonly { readonly what: string; readonly value: string }[]> => {
  const child = fork(fileURLToPath(new URL('./simulator-bench-server.js', import.meta.url)))
  try {
    const started = await told<Started>(child)
    const { get, close } = clientOf(started)
    const { perSecond, refused } = await load(get)
    const before = performance.now()
    await get('/cluster/resources')
    const listing = performance.now() - before
    close()
    child.send('memory')
    const { resident } = await told<{ readonly resident: number }>(child)
    return [
      { what: 'simulator, 30 nodes and 10,000 guests: ready after', value: `${Math.round(started.ready)} ms` },
      {
        what: 'simulator: resident when ready, after the load',
        value: `${megabytes(started.resident)}, ${megabytes(resident)}`,
      },
      {
        what: `simulator: GET config over ${CONNECTIONS} connections`,
        value: `${Math.round(perSecond)} a second${refused === 0 ? '' : `, ${refused} refused`}`,
      },
      { what: 'simulator: GET cluster/resources of all guests', value: `${Math.round(listing)} ms` },
    ]
  } finally {
    child.removeAllListeners('exit')
    child.disconnect()
  }
}
