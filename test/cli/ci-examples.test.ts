import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { withWorkspace } from './mpc.ts'

const FOLDER = join(process.cwd(), 'examples', 'ci')
const FILES = readdirSync(FOLDER)

/** Every line a pipeline gives to a shell. */
const shellLines = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'run' && typeof inner === 'string') return [inner]
    return key === 'script' && Array.isArray(inner) ? inner.map(String) : shellLines(inner)
  })
}

for (const name of FILES.filter((file) => file.endsWith('.yml')))
  test(`${name} is YAML, calls scripts that exist, and puts nothing of a pull request into a command line`, () => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    const lines = shellLines(parse(text))
    const called = lines.flatMap((line) => /examples\/ci\/([\w.-]+\.sh)/.exec(line)?.[1] ?? [])
    assert.equal(
      called.map((script) => script.replace('-gitlab', '')),
      ['plan.sh', 'comment.sh', 'apply.sh'],
    )
    for (const script of called) assert.ok(FILES.includes(script), script)
    assert.not.ok(lines.some((line) => line.includes('${{')))
  })

interface Ran {
  readonly code: number
  readonly all: string
}

const script = (
  name: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(join(FOLDER, name), args, { cwd, env: { PATH: process.env['PATH'], ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), all: `${stdout}${stderr}` }),
    )
  })

const DECLARED = 'vm "shop" {\n  node = "pve1"\n  vmid = 700\n  memory = 512\n}\n'

test('a merge applies exactly the plan of the pull request, and nothing that nobody has planned', () =>
  withWorkspace(async ({ folder, env, simulator, guarded }) => {
    const place = mkdtempSync(join(tmpdir(), 'mpc-ci-'))
    const git = (args: readonly string[], cwd: string): string => {
      const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'init.defaultBranch=main']
      const { status, stdout, stderr } = spawnSync('git', [...who, ...args], { cwd, encoding: 'utf8' })
      assert.is(status, 0, stderr)
      return stdout.trim()
    }
    try {
      const bin = join(place, 'bin')
      mkdirSync(bin)
      writeFileSync(
        join(bin, 'mpc'),
        `#!/bin/sh\nexec "${process.execPath}" "${join(process.cwd(), 'dist', 'main.js')}" "$@"\n`,
      )
      chmodSync(join(bin, 'mpc'), 0o755)
      git(['init', '--quiet', '--bare', 'forge.git'], place)
      const forge = join(place, 'forge.git')
      git(['init', '--quiet'], folder)
      git(['remote', 'add', 'origin', forge], folder)
      const author = join(place, 'author')
      const commit = (text: string): string => {
        writeFileSync(join(author, 'a.mpc.hcl'), text)
        git(['add', '-A'], author)
        git(['commit', '--quiet', '-m', 'change'], author)
        git(['push', '--quiet', 'origin', 'HEAD'], author)
        return git(['rev-parse', 'HEAD'], author)
      }
      git(['clone', '--quiet', forge, author], place)
      const here = { ...env, PATH: `${bin}:${process.env['PATH']}`, MPC_SITE: folder }
      const run = (name: string, at: string) =>
        guarded([name.replace('.sh', '')], () =>
          script(name, [at], place, here).then(({ code, all }) => ({ code, stdout: all, stderr: '' })),
        )
      const planned = commit(DECLARED)
      const plan = await run('plan.sh', planned)
      assert.is(plan.code, 0, plan.stdout)
      assert.match(
        readFileSync(join(place, 'comment.md'), 'utf8'),
        /^<!-- mpc:plan -->\n[\s\S]*vm&#46;shop will be created/,
      )
      const before = simulator.dump()
      const sneaked = commit(DECLARED.replace('512', '1024'))
      const unseen = await run('apply.sh', sneaked)
      assert.is(unseen.code, 1, unseen.stdout)
      assert.match(unseen.stdout, 'No plan was made of these files')
      assert.equal(simulator.dump(), before)
      const merged = commit(DECLARED)
      assert.is.not(merged, planned)
      const applied = await run('apply.sh', merged)
      assert.is(applied.code, 0, applied.stdout)
      assert.match(readFileSync(join(place, 'outcome.md'), 'utf8'), /^<!-- mpc:outcome -->\n[\s\S]*Applied\./)
      assert.match(simulator.dump()['qemu/700'] ?? '', 'memory: 512')
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }))

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

/** A forge with comments of others, as GitHub, Gitea and GitLab page and change them. */
const withForge = async (
  comments: { id: number; body: string }[],
  work: (url: string, seen: readonly string[]) => Promise<void>,
): Promise<void> => {
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://forge')
    const { authorization = '', 'private-token': token = '' } = request.headers
    const isKnown = authorization === 'token t0ken' || token === 't0ken'
    const answer = (status: number, value: object) => response.writeHead(status).end(JSON.stringify(value))
    if (!isKnown) return answer(404, { message: 'Not Found' })
    if (request.method === 'GET') {
      const from = 50 * (Number(searchParams.get('page')) - 1)
      return answer(200, comments.slice(from, from + 50))
    }
    const { body } = JSON.parse(await bodyOf(request))
    seen.push(`${request.method} ${pathname}`)
    const id = Number(pathname.split('/').at(-1))
    const old = comments.find((comment) => comment.id === id)
    if (old) old.body = body
    else comments.push({ id: 1000 + comments.length, body })
    return answer(200, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen)
  } finally {
    server.close()
  }
}

const FORGES = {
  'comment.sh': {
    env: (url: string) => ({ FORGE_API: url, FORGE_REPOSITORY: 'infra/site', FORGE_NUMBER: '7' }),
    made: 'POST /repos/infra/site/issues/7/comments',
    changed: (id: number) => `PATCH /repos/infra/site/issues/comments/${id}`,
  },
  'comment-gitlab.sh': {
    env: (url: string) => ({ CI_API_V4_URL: url, CI_PROJECT_ID: '3', CI_MERGE_REQUEST_IID: '7' }),
    made: 'POST /projects/3/merge_requests/7/notes',
    changed: (id: number) => `PUT /projects/3/merge_requests/7/notes/${id}`,
  },
} as const

for (const [name, { env, made, changed }] of Object.entries(FORGES))
  test(`${name} writes one comment, finds it again behind those of others, and says when it may not`, async () => {
    const comments = Array.from({ length: 70 }, (_, id) => ({ id, body: `I quote: <!-- mpc:plan --> ${id}` }))
    const folder = mkdtempSync(join(tmpdir(), 'mpc-forge-'))
    try {
      await withForge(comments, async (url, seen) => {
        const write = (text: string, token = 't0ken') => {
          writeFileSync(join(folder, 'comment.md'), text)
          return script(name, ['comment.md'], folder, { ...env(url), FORGE_TOKEN: token })
        }
        const first = '<!-- mpc:plan -->\n"first" $(id) `id` \\n\n'
        assert.is((await write(first)).code, 0)
        const second = '<!-- mpc:plan -->\nsecond ä\n'
        assert.is((await write(second)).code, 0)
        assert.equal(seen, [made, changed(1070)])
        assert.equal(comments.at(-1), { id: 1070, body: second })
        const wrong = await write(second, 'wr0ng')
        assert.is.not(wrong.code, 0)
        assert.not.match(wrong.all, 'wr0ng')
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

test.run()
