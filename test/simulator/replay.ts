import { type Conversation, type Exchange, recordedBody } from './conversation.ts'
import { holdsAll, keyOf, membersOnly, normalForm, normalText } from './normal-form.ts'
import { type Answer, type Client, plainClient } from './plain-client.ts'

export type Aspect = 'line' | 'task' | 'body'
export type Difference = {
  readonly conversation: string
  readonly n: number
  readonly aspect: Aspect
  readonly request: string
  readonly wanted: string
  readonly got: string
}
export type Score = { readonly equal: number; readonly total: number }
export type Replayed = Readonly<Record<Aspect, Score>> & {
  readonly name: string
  readonly whole: boolean
  /** Exchanges that were not sent: those after a step on the node's command line. */
  readonly left: number
  readonly differences: readonly Difference[]
}
export type ReplayTarget = {
  readonly url: string
  /** Full-rights token of root: `root@pam!tf=SECRET`. */
  readonly token: string
  readonly passwords?: Readonly<Record<string, string>>
  /** Lets seconds pass on the server's clock. */
  readonly wait: (seconds: number) => Promise<void>
  /** What is not compared, by `conversation#n`. */
  readonly excluded?: ReadonlyMap<string, { readonly aspects: readonly Aspect[] }>
}

const ROOT_TOKEN = 'root@pam!tf'
const TASK_POLLS = 400
const ARCHIVE = /vzdump-(?:qemu|lxc)-(\d+)-\d{4}(?:_\d\d){2}-\d\d(?:_\d\d){2}(?:\.(?:tar|vma|zst|gz|lzo))+/
const PARTS: Readonly<Record<string, RegExp>> = { mac: /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/i, volid: /[\w-]+:[^,\s]+/ }

const pick = (body: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .reduce<unknown>(
      (value, key) =>
        value === null || typeof value !== 'object' ? undefined : (value as Record<string, unknown>)[key],
      body,
    )

const dataOf = (answer: Answer): unknown => pick(answer.body, 'data')

/** What a conversation has learnt so far: bodies to refer to, tickets, token secrets, passwords. */
class Session {
  readonly bodies = new Map<number, unknown>()
  readonly #archives = new Map<string, string>()
  readonly #tickets = new Map<string, Readonly<Record<string, string>>>()
  readonly #tokens = new Map<string, string>()
  readonly #passwords: Map<string, string>
  readonly #client: Client

  constructor(client: Client, target: ReplayTarget) {
    this.#client = client
    this.#passwords = new Map(Object.entries(target.passwords ?? {}))
    this.#tokens.set(ROOT_TOKEN, target.token)
  }

  async headers(as: string): Promise<Readonly<Record<string, string>>> {
    if (as === 'anonymous') return {}
    if (as.includes('!')) return { authorization: `PVEAPIToken=${this.#tokens.get(as) ?? `${as}=unknown`}` }
    const known = this.#tickets.get(as)
    if (known !== undefined) return known
    const params = { username: as, password: this.#passwords.get(as) ?? '' }
    const answer = await this.#client.ask({ method: 'POST', path: '/access/ticket', params, headers: {} })
    const ticket = pick(answer.body, 'data.ticket')
    const csrf = pick(answer.body, 'data.CSRFPreventionToken')
    if (typeof ticket !== 'string' || typeof csrf !== 'string') return {}
    const headers = { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, csrfpreventiontoken: csrf }
    this.#tickets.set(as, headers)
    return headers
  }

  fill(text: string): string {
    return text
      .replace(
        /\{\{(%?)(\d+):([^#}]*)(?:#(\w+))?\}\}/g,
        (_, percent: string, n: string, path: string, part?: string) => {
          const whole = String(pick(this.bodies.get(Number(n)), path))
          const value = part === undefined ? whole : (PARTS[part]?.exec(whole)?.[0] ?? whole)
          return percent === '' ? value : encodeURIComponent(value)
        },
      )
      .replace(ARCHIVE, (name, guest: string) => this.#archives.get(guest) ?? name)
  }

  /** A backup is named by the second in which it was made: the log of its task tells the name it has here. */
  learnArchive(log: unknown): void {
    const name = ARCHIVE.exec(JSON.stringify(log))
    if (name?.[1] !== undefined) this.#archives.set(name[1], name[0])
  }

  learn(method: string, path: string, params: Readonly<Record<string, unknown>>, answer: Answer): void {
    const { userid, password } = params
    if (method === 'POST' && path === '/access/users' && password !== undefined) {
      this.#passwords.set(String(userid), String(password))
    }
    if (method === 'PUT' && path === '/access/password') {
      this.#passwords.set(String(userid), String(password))
      this.#tickets.delete(String(userid))
    }
    const secret = pick(answer.body, 'data.value')
    const id = pick(answer.body, 'data.full-tokenid')
    if (typeof secret === 'string' && typeof id === 'string') this.#tokens.set(id, `${id}=${secret}`)
  }
}

type Outcome = { readonly exchange: Exchange; readonly answer: Answer; readonly task: string | undefined }

const taskResult = async (client: Client, session: Session, target: ReplayTarget, upid: unknown): Promise<string> => {
  if (typeof upid !== 'string' || !upid.startsWith('UPID')) return 'no task'
  const path = `/nodes/${upid.split(':')[1]}/tasks/${encodeURIComponent(upid)}/status`
  for (let poll = 0; poll < TASK_POLLS; poll++) {
    const headers = await session.headers(ROOT_TOKEN)
    const answer = await client.ask({ method: 'GET', path, params: {}, headers })
    if (pick(answer.body, 'data.status') === 'stopped') {
      if (upid.includes(':vzdump:')) {
        const log = { method: 'GET', path: path.replace(/status$/, 'log'), params: { limit: 0 }, headers }
        session.learnArchive((await client.ask(log)).body)
      }
      return String(pick(answer.body, 'data.exitstatus'))
    }
    if (answer.status !== 200) return `status ${answer.status}`
    await target.wait(0.25)
  }
  return 'never ended'
}

const converse = async (
  client: Client,
  session: Session,
  target: ReplayTarget,
  exchange: Exchange,
): Promise<Outcome> => {
  const space = exchange.do.indexOf(' ')
  const method = exchange.do.slice(0, space)
  const path = session.fill(exchange.do.slice(space + 1))
  const params = Object.fromEntries(
    Object.entries(exchange.with ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? session.fill(value) : value,
    ]),
  )
  const headers = await session.headers(exchange.as ?? ROOT_TOKEN)
  const answer = await client.ask({ method, path, params, headers, json: exchange.json })
  session.bodies.set(exchange.n, answer.body)
  session.learn(method, path, params, answer)
  const task = exchange.task === undefined ? undefined : await taskResult(client, session, target, dataOf(answer))
  return { exchange, answer, task }
}

const sameBody = (exchange: Exchange, answer: Answer): readonly [boolean, string, string] => {
  const listing = /^GET \/(cluster\/resources|pools)/.test(exchange.do)
  const brief = (body: unknown): unknown => (listing ? membersOnly(normalForm(body)) : normalForm(body))
  const wanted = brief(recordedBody(exchange))
  const got = brief(answer.body)
  const alike =
    exchange.ticket === true ||
    (exchange.part === true ? holdsAll(pick(wanted, 'data'), pick(got, 'data')) : keyOf(wanted) === keyOf(got))
  return [alike, keyOf(wanted), keyOf(got)]
}

const lineOf = (status: number, reason: string): string => `${status} ${normalText(reason)}`
const recordedLine = ({ says: [status, reason] = [200, 'OK'] }: Exchange): string => lineOf(status, reason)

type Verdict = { readonly aspect: Aspect; readonly alike: boolean; readonly wanted: string; readonly got: string }

const judge = ({ exchange, answer, task }: Outcome): readonly Verdict[] => {
  const wanted = recordedLine(exchange)
  const got = lineOf(answer.status, answer.reason)
  const [alike, wantedBody, gotBody] = sameBody(exchange, answer)
  const verdicts: Verdict[] = [
    { aspect: 'line', alike: wanted === got, wanted, got },
    { aspect: 'body', alike, wanted: wantedBody, got: gotBody },
  ]
  if (exchange.task === undefined) return verdicts
  const wantedTask = normalText(exchange.task)
  const gotTask = normalText(task ?? 'no task')
  return [...verdicts, { aspect: 'task', alike: wantedTask === gotTask, wanted: wantedTask, got: gotTask }]
}

/**
 * Pairs the answers of requests sent at one moment with the recorded ones. Which of them wins is chance: those that did are sent
 * first, since what is read later tells who it was.
 */
const paired = (outcomes: readonly Outcome[]): readonly Outcome[] => {
  const left = [...outcomes]
  return outcomes.map(({ exchange }) => {
    const alike = left.findIndex(
      ({ answer, task }) =>
        lineOf(answer.status, answer.reason) === recordedLine(exchange) &&
        (exchange.task === undefined || normalText(task ?? '') === normalText(exchange.task)),
    )
    const [taken] = left.splice(Math.max(alike, 0), 1)
    return taken === undefined
      ? { exchange, answer: { status: 0, reason: '', body: null }, task: undefined }
      : { ...taken, exchange }
  })
}

const groups = (exchanges: readonly Exchange[]): readonly (readonly Exchange[])[] =>
  exchanges.reduce<Exchange[][]>((all, exchange) => {
    const last = all.at(-1)
    if (exchange.group !== undefined && last?.[0]?.group === exchange.group) last.push(exchange)
    else all.push([exchange])
    return all
  }, [])

/** Holds one recorded conversation with a server and says what was answered alike. */
export const replay = async (conversation: Conversation, target: ReplayTarget): Promise<Replayed> => {
  const client = plainClient(target.url)
  const session = new Session(client, target)
  const end = conversation.exchanges.findIndex(({ shell }) => shell === true)
  const exchanges = end < 0 ? conversation.exchanges : conversation.exchanges.slice(0, end)
  const outcomes: Outcome[] = []
  try {
    for (const group of groups(exchanges)) {
      for (const { wait } of group) if (wait !== undefined) await target.wait(wait)
      const sent = [...group].sort((a, b) => Number(a.says !== undefined) - Number(b.says !== undefined))
      outcomes.push(...paired(await Promise.all(sent.map((exchange) => converse(client, session, target, exchange)))))
    }
  } finally {
    client.close()
  }
  const verdicts = outcomes.flatMap((outcome) => {
    const left = target.excluded?.get(`${conversation.name}#${outcome.exchange.n}`)?.aspects ?? []
    return judge(outcome)
      .filter(({ aspect }) => !left.includes(aspect))
      .map((verdict) => ({
        ...verdict,
        conversation: conversation.name,
        n: outcome.exchange.n,
        request: outcome.exchange.do,
      }))
  })
  const score = (aspect: Aspect): Score => {
    const judged = verdicts.filter((verdict) => verdict.aspect === aspect)
    return { equal: judged.filter(({ alike }) => alike).length, total: judged.length }
  }
  const differences = verdicts.filter(({ alike }) => !alike)
  const left = conversation.exchanges.length - exchanges.length
  return {
    name: conversation.name,
    whole: differences.length === 0,
    left,
    differences,
    line: score('line'),
    task: score('task'),
    body: score('body'),
  }
}
