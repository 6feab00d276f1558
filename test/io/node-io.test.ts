import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const module_ = new URL('../../src/io/node-io.js', import.meta.url).href

/** Runs a body that sees `io` in a process of its own. */
const script = (body: string): string =>
  `const { nodeIo } = await import(${JSON.stringify(module_)}); const io = nodeIo(); ${body}`

const start = (body: string, command = process.execPath, before: readonly string[] = []) =>
  spawn(command, [...before, '--input-type=module', '-e', script(body)])

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

const ended = (child: ChildProcessWithoutNullStreams, onStdout: (all: string) => void = () => undefined) =>
  new Promise<Ended>((resolve) => {
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      onStdout(stdout)
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })

test('the first SIGINT aborts the signal and sleeping ends with its reason', async () => {
  const child = start(`
    const done = io.clock.sleep(60_000, io.signal).catch((error) => console.log('woken by ' + error.by))
    console.log('ready'); await done`)
  const { code, stdout } = await ended(child, (all) => all === 'ready\n' && child.kill('SIGINT'))
  assert.is(stdout, 'ready\nwoken by SIGINT\n')
  assert.is(code, 0)
})

test('a second signal ends the process', async () => {
  const child = start(`
    io.signal.addEventListener('abort', () => console.log('first'))
    console.log('ready'); setInterval(() => {}, 1000)`)
  const { signal, stdout } = await ended(child, (all) => {
    if (all === 'ready\n') child.kill('SIGTERM')
    if (all === 'ready\nfirst\n') child.kill('SIGTERM')
  })
  assert.is(stdout, 'ready\nfirst\n')
  assert.is(signal, 'SIGTERM')
})

test('a hang-up is taken as an interruption, and last words are said before a second one ends the process', async () => {
  const child = start(`
    io.onLeave(() => 'goodbye\\n')
    const quiet = io.onLeave(() => 'never\\n'); quiet()
    io.signal.addEventListener('abort', () => console.log(io.signal.reason.by))
    console.log('ready'); setInterval(() => {}, 1000)`)
  const { signal, stdout, stderr } = await ended(child, (all) => {
    if (all === 'ready\n') child.kill('SIGHUP')
    if (all === 'ready\nSIGHUP\n') child.kill('SIGINT')
  })
  assert.is(stdout, 'ready\nSIGHUP\n')
  assert.is(stderr, 'goodbye\n')
  assert.is(signal, 'SIGINT')
})

test('a process is told from a later one with its number, and a zombie is dead', async () => {
  const { stdout } = await ended(
    start(`
    const { spawn } = await import('node:child_process')
    const child = spawn('sh', ['-c', 'exit 0 & exec sleep 5'])
    await io.clock.sleep(300)
    const { readdirSync, readFileSync } = await import('node:fs')
    const stat = (pid) => { try { return readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ') } catch { return [] } }
    const zombie = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).find((pid) => stat(pid)[0] === 'Z' && stat(pid)[1] === String(child.pid))
    console.log(io.self.isAlive(io.self.pid, io.self.started), io.self.isAlive(io.self.pid, '1'), io.self.isAlive(Number(zombie)), io.self.origin !== undefined)
    child.kill()`),
  )
  assert.is(stdout, existsSync('/proc/self/stat') ? 'true false false true\n' : stdout)
})

test('a listener that ends the process when it is the last one does not do so at the first signal', async () => {
  const child = start(`
    process.on('SIGINT', () => { if (process.listenerCount('SIGINT') === 1) process.exit(9) })
    const done = io.clock.sleep(60_000, io.signal).catch(() => console.log('woken'))
    console.log('ready'); await done; process.exit(0)`)
  const { code, stdout } = await ended(child, (all) => all === 'ready\n' && child.kill('SIGINT'))
  assert.is(stdout, 'ready\nwoken\n')
  assert.is(code, 0)
})

test('sleeping on an aborted signal rejects at once', async () => {
  const { stdout } = await ended(
    start(`
    await io.clock.sleep(60_000, AbortSignal.abort('because')).catch((reason) => console.log(reason))
    await io.clock.sleep(1, new AbortController().signal); console.log('slept')`),
  )
  assert.is(stdout, 'because\nslept\n')
})

test('answers are read line by line from a pipe, and what is left as a whole', async () => {
  const child = start(`
    const first = await io.stdin.ask('one? '); const second = await io.stdin.ask('two? ', { secret: true })
    console.log(JSON.stringify([first, second, await io.stdin.readAll(), await io.stdin.ask('more? ') ?? null]))`)
  child.stdin.end('yes\r\nhidden\nthe\nrest')
  const { stdout, stderr } = await ended(child)
  assert.equal(JSON.parse(stdout), ['yes', 'hidden', 'the\nrest', null])
  assert.is(stderr, 'one? \ntwo? \nmore? \n')
})

test('an open pipe does not keep the process alive after an answer', async () => {
  const child = start(`console.log(await io.stdin.ask('? ')); process.exitCode = 7`)
  child.stdin.write('yes\nand more to come')
  const { code, stdout } = await ended(child)
  assert.is(stdout, 'yes\n')
  assert.is(code, 7)
})

test('a command gives its output; a failing or missing one says what happened', async () => {
  const { stdout } = await ended(
    start(`
    const say = (text) => [process.execPath, ['-e', text]]
    console.log(await io.run(...say('process.stdout.write(process.argv.length + "")')))
    await io.run(...say('console.error("no such item"); process.exit(3)')).catch((error) => console.log(error.message.replace(process.execPath, 'node')))
    await io.run('mpc-no-such-command', []).catch((error) => console.log(error.code))`),
  )
  assert.is(stdout, '1\nnode ended with exit code 3: no such item\nENOENT\n')
})

test('a reader that goes away does not end the process', async () => {
  const child = start(`
    io.stdout.write('first\\n'); await io.clock.sleep(50)
    for (let i = 0; i < 200; i++) { io.stdout.write('x'.repeat(1000)); await io.clock.sleep(0) }
    io.stderr.write('went on')`)
  const result = ended(child, () => child.stdout.destroy())
  const { code, stderr } = await result
  assert.is(stderr, 'went on')
  assert.is(code, 0)
})

test('what is not a terminal says so and is 80 columns wide', async () => {
  const { stdout } = await ended(
    start(`
    console.log(JSON.stringify([io.stdin.isTerminal, io.stdout.isTerminal, io.stdout.columns, io.args, io.cwd === process.cwd()]))`),
  )
  assert.equal(JSON.parse(stdout), [false, false, 80, [], true])
})

// Python's pty module gives the test a terminal to type into.
const PTY = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
seen = b''
answers = {b'name? ': b'ada\\r', b'token? ': b'hunter2\\r', b'stop? ': b'\\x03'}
while True:
    try: chunk = os.read(fd, 1024)
    except OSError: break
    if not chunk: break
    seen += chunk
    for question in list(answers):
        if question in seen: os.write(fd, answers.pop(question))
sys.stdout.buffer.write(seen)
`

test('on a terminal a secret is hidden and Ctrl-C aborts', async () => {
  if (spawnSync('python3', ['-c', 'import pty']).status !== 0) {
    assert.not(process.env['CI'] === 'true', 'CI has python3')
    console.log('skipped: no python3 to make a terminal with')
    return
  }
  const body = script(`
    const name = await io.stdin.ask('name? '); const token = await io.stdin.ask('token? ', { secret: true })
    console.log('lengths', name.length, token.length)
    const last = await io.stdin.ask('stop? '); console.log('then', last, io.signal.aborted, io.stdin.isTerminal)`)
  const child = spawn('python3', ['-c', PTY, process.execPath, '--input-type=module', '-e', body])
  const { stdout } = await ended(child)
  assert.match(stdout, 'ada')
  assert.match(stdout, 'lengths 3 7')
  assert.match(stdout, 'then undefined true true')
  assert.not.match(stdout, 'hunter2')
})

test.run()
