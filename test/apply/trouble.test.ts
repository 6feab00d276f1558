import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunOutcome } from '../../src/apply/apply-event.ts'
import { exitCodeOf } from '../../src/apply/run/run-outcome.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { PveError } from '../../src/simulator/api/error.ts'
import { connect, IMPATIENT } from './connection.ts'
import { container, fresh, running, samplePlan, stopped } from './sample-steps.ts'
import {
  destroy,
  expectsNow,
  guestRef,
  onWorkbench,
  planOf,
  power,
  sameButGeneration,
  step,
  undoBy,
  type Workbench,
  write,
} from './workbench.ts'

const codesOf = ({ diagnostics }: RunOutcome) => diagnostics.map(({ code }) => code)
const writesOf = ({ simulator }: Workbench) => simulator.requests.filter(({ verb }) => verb !== 'GET')

/** Does something as the nth write arrives, before it is handled. */
const beforeWrite = ({ simulator }: Workbench, wanted: number, work: () => Promise<void> | void): void => {
  let count = 0
  simulator.hooks.push({
    before: async ({ verb }) => {
      if (verb !== 'GET' && ++count === wanted) await work()
      return undefined
    },
  })
}

const twoChanges = async ({ client }: Workbench) =>
  planOf([
    step('vm.box', 'update', stopped, {
      action: 'update',
      expects: await expectsNow(client, stopped),
      requests: [write(stopped, { cores: 6 })],
      reversal: undoBy(write(stopped, { cores: 4 })),
    }),
    step('vm.box', 'rename', stopped, {
      action: 'update',
      requests: [write(stopped, { name: 'box' })],
      reversal: undoBy(write(stopped, { name: 'build-box' })),
    }),
  ])

test(
  'an interrupted run starts no further step, undoes those that had finished, and exits 130',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await samplePlan(bench.client)
    const controller = new AbortController()
    beforeWrite(bench, 5, () => controller.abort())
    const outcome = await bench.apply(plan, { signal: controller.signal })
    assert.is(outcome.status, 'rolled-back')
    assert.ok(outcome.interrupted)
    assert.is(exitCodeOf(outcome), 130)
    assert.ok(codesOf(outcome).includes('apply.interrupted'))
    assert.equal(sameButGeneration(bench), before)
  }),
)

test(
  'a plan that is stale for one guest is not begun for any: nothing is sent, nothing is recorded, exit 5',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    bench.simulator.faults.add({
      kind: 'concurrent-edit',
      vmid: container.vmid,
      set: { description: 'by hand' },
      on: { path: `${guestPath(container)}/config` },
    })
    const outcome = await bench.apply(plan)
    assert.equal(codesOf(outcome), ['apply.stale-plan'])
    assert.is(outcome.diagnostics[0]?.address, 'container.dns')
    assert.is(exitCodeOf(outcome), 5)
    assert.equal(writesOf(bench), [])
    assert.equal(await bench.store.runs.ofPlan(plan.id), [])
  }),
)

test(
  'a VMID that is taken when the plan begins makes it stale',
  onWorkbench(async (bench) => {
    const plan = await samplePlan(bench.client)
    await bench.client.send({ method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: fresh.vmid, name: 'other' } })
    const outcome = await bench.apply(plan)
    assert.equal(codesOf(outcome), ['apply.stale-plan'])
    assert.ok('qemu/300' in bench.simulator.dump())
  }),
)

test(
  'somebody else’s edit between two steps stops the run, is named, and survives the rollback',
  onWorkbench(async (bench) => {
    const plan = await twoChanges(bench)
    bench.simulator.faults.add({
      kind: 'concurrent-edit',
      vmid: stopped.vmid,
      set: { description: 'by hand' },
      on: { method: 'PUT', params: { name: 'box' } },
    })
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(codesOf(outcome), ['apply.changed-by-others', 'apply.changed-meanwhile'])
    assert.is(outcome.asBefore, undefined)
    assert.match(outcome.diagnostics[0]?.detail ?? '', /description/)
    const text = bench.simulator.dump()['qemu/107'] ?? ''
    assert.match(text, /cores: 4/)
    assert.match(text, /by hand/)
  }),
)

test(
  'what somebody else made of a key since is not undone over their head',
  onWorkbench(async (bench) => {
    const plan = await twoChanges(bench)
    bench.simulator.faults.add({
      kind: 'concurrent-edit',
      vmid: stopped.vmid,
      set: { cores: '8' },
      on: { method: 'PUT', params: { name: 'box' } },
    })
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'incomplete')
    assert.is(exitCodeOf(outcome), 4)
    assert.equal(codesOf(outcome), ['apply.not-as-before', 'apply.not-undone', 'apply.changed-meanwhile'])
    assert.match(bench.simulator.dump()['qemu/107'] ?? '', /cores: 8/)
  }),
)

test(
  'a guest that was replaced behind our back is not destroyed by the rollback',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.new', 'create', fresh, {
        action: 'create',
        expects: { absent: true },
        requests: [{ method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: 300, name: 'new' } }],
        reversal: undoBy(destroy(fresh)),
      }),
      step('vm.new', 'start', fresh, {
        action: 'start',
        requests: [power(fresh, 'start')],
        reversal: undoBy(power(fresh, 'stop')),
      }),
    ])
    const other = connect(bench.simulator.url, bench.simulator.token)
    let swapping = false
    beforeWrite(bench, 2, async () => {
      swapping = true
      for (const request of [
        { method: 'DELETE', path: guestPath(fresh), params: {} },
        { method: 'POST', path: '/nodes/pve3/qemu', params: { vmid: 300, name: 'theirs' } },
      ] as const) {
        const answer = await other.send(request)
        if (answer.kind === 'answered') await other.waitForTask(String(answer.data), () => undefined)
      }
      throw new PveError(500, 'made to fail')
    })
    const outcome = await bench.apply(plan)
    other.close()
    assert.ok(swapping)
    assert.is(outcome.status, 'incomplete')
    assert.ok(codesOf(outcome).includes('apply.not-ours'))
    assert.match(bench.simulator.dump()['qemu/300'] ?? '', /name: theirs/)
  }),
)

test(
  'PVE’s own file lock is waited for, going forward and undoing',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await twoChanges(bench)
    const locked = (params: Readonly<Record<string, string>>) =>
      bench.simulator.faults.add({
        kind: 'http-error',
        status: 500,
        reason: "can't lock file '/var/lock/qemu-server/lock-107.conf' - got timeout",
        on: { method: 'PUT', params },
        times: 2,
      })
    locked({ cores: '6' })
    locked({ cores: '4' })
    bench.simulator.faults.add({ kind: 'http-error', status: 500, on: { method: 'PUT', params: { name: 'box' } } })
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(sameButGeneration(bench), before)
    assert.is(writesOf(bench).length, 7)
  }),
)

test(
  'when the node is lost during the rollback, the run stays open and a later command ends it',
  onWorkbench(async (bench) => {
    const before = sameButGeneration(bench)
    const plan = await twoChanges(bench)
    beforeWrite(bench, 2, () => {
      bench.simulator.faults.add({ kind: 'node-offline', node: 'pve3' })
    })
    const patience = { ...IMPATIENT, unreachable: [] }
    const outcome = await bench.apply(plan, { patience })
    assert.is(outcome.status, 'incomplete')
    assert.is(exitCodeOf(outcome), 4)
    const said = outcome.diagnostics.find(({ code }) => code === 'apply.rollback-suspended')
    assert.match(said?.detail ?? '', /mpc recover continues/)
    assert.is(said?.hint, 'mpc recover')
    assert.equal(
      (await bench.recover({ patience })).map(({ status }) => status),
      ['incomplete'],
    )
    assert.is((await bench.store.runs.unfinished()).length, 1)
    bench.simulator.faults.clear()
    assert.equal(
      (await bench.recover()).map(({ status }) => status),
      ['rolled-back'],
    )
    assert.equal(sameButGeneration(bench), before)
    assert.equal(await bench.store.runs.unfinished(), [])
  }),
)

for (const [when, revoke] of Object.entries({
  'as the rollback begins': (bench: Workbench) =>
    beforeWrite(bench, 2, () => {
      bench.simulator.faults.add({ kind: 'token-revoked', token: 'root@pam!mpc' })
    }),
  'before the reverse request is sent': ({ simulator }: Workbench) => {
    simulator.faults.add({ kind: 'http-error', status: 401, times: 0, on: { method: 'PUT', params: { cores: '4' } } })
  },
}))
  test(
    `when the token is revoked ${when}, the rollback waits for a login that counts, and goes on then`,
    onWorkbench(async (bench) => {
      const before = sameButGeneration(bench)
      const plan = await twoChanges(bench)
      bench.simulator.faults.add({ kind: 'http-error', status: 500, on: { method: 'PUT', params: { name: 'box' } } })
      revoke(bench)
      const outcome = await bench.apply(plan)
      assert.is(exitCodeOf(outcome), 4)
      assert.ok(outcome.diagnostics.some(({ code }) => code === 'apply.rollback-suspended'))
      assert.is((await bench.store.runs.unfinished()).length, 1)
      bench.simulator.faults.clear()
      assert.equal(
        (await bench.recover()).map(({ status }) => status),
        ['rolled-back'],
      )
      assert.equal(sameButGeneration(bench), before)
    }),
  )

test(
  'a change that cannot be plugged into the running guest is kept for its next start, with a warning',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.git', 'update', running, {
        action: 'update',
        expects: await expectsNow(bench.client, running),
        requests: [write(running, { cores: 4 })],
        reversal: undoBy(write(running, { revert: 'cores' })),
      }),
    ])
    const body = {
      data: null,
      message: 'Parameter verification failed.\n',
      errors: { cores: 'hotplug problem - busy' },
    }
    const refusal = { status: 400, reason: 'Parameter verification failed.', text: JSON.stringify(body), json: true }
    bench.simulator.hooks.push({ after: ({ verb }, answer) => (verb === 'PUT' ? refusal : answer) })
    const outcome = await bench.apply(plan)
    assert.is(outcome.status, 'applied', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(codesOf(outcome), ['apply.kept-pending'])
    assert.match(bench.simulator.dump()['qemu/102'] ?? '', /\[PENDING\]\ncores: 4/)
  }),
)

test(
  'clones of one template whose answers are lost are told apart, and none is made twice',
  onWorkbench(async (bench) => {
    const clones = [301, 302, 303].map((vmid) => {
      const guest = guestRef('qemu', 'pve1', vmid)
      return step(`vm.clone[${vmid}]`, 'create', guest, {
        action: 'create',
        expects: { absent: true },
        requests: [
          {
            method: 'POST',
            path: '/nodes/pve1/qemu/9000/clone',
            params: { newid: vmid, name: `c${vmid}`, full: true },
          },
          write(guest, { cores: 2 }),
        ],
        reversal: undoBy(destroy(guest)),
      })
    })
    const before = sameButGeneration(bench)
    bench.simulator.faults.add({ kind: 'reset-after', on: { path: '/nodes/pve1/qemu/9000/clone' }, times: 3 })
    const failing = step('vm.clone[301]', 'start', guestRef('qemu', 'pve1', 301), {
      action: 'start',
      needs: clones.map(({ id }) => id),
      requests: [{ method: 'POST', path: '/nodes/pve1/qemu/301/status/nonsense' }],
      reversal: undoBy(),
    })
    const outcome = await bench.apply(planOf([...clones, failing]))
    assert.is(outcome.status, 'rolled-back', JSON.stringify(outcome.diagnostics, null, 1))
    assert.equal(
      outcome.steps.slice(0, 3).map(({ status }) => status),
      ['undone', 'undone', 'undone'],
    )
    assert.is(writesOf(bench).filter(({ path }) => path.endsWith('/clone')).length, 3)
    assert.equal(sameButGeneration(bench), before)
  }),
)

test(
  'a step without a way back is left and named when a later step fails',
  onWorkbench(async (bench) => {
    const plan = await twoChanges(bench)
    const steps = plan.steps.map((one) => ({ ...one }))
    const [first] = steps
    if (!first) throw new Error('the plan has steps')
    steps[0] = { ...first, reversal: { by: 'nothing', reason: 'for the sake of the test' } }
    bench.simulator.faults.add({ kind: 'http-error', status: 500, on: { method: 'PUT', params: { name: 'box' } } })
    const outcome = await bench.apply(planOf(steps))
    assert.is(outcome.status, 'incomplete')
    assert.is(exitCodeOf(outcome), 4)
    assert.ok(
      outcome.diagnostics.some(({ code, detail }) => code === 'apply.irreversible' && /sake of the test/.test(detail)),
    )
  }),
)

const SECRET = 'correct-horse-battery-staple'

test(
  'a secret reaches the server and nothing else: no file, no event, no outcome',
  onWorkbench(async (bench) => {
    const secret = { secret: 'vm.new#cipassword', fingerprint: 'abc' }
    const plan = planOf([
      step('vm.new', 'create', fresh, {
        action: 'create',
        expects: { absent: true },
        requests: [
          {
            method: 'POST',
            path: '/nodes/pve3/qemu',
            params: { vmid: 300, name: 'new', ciuser: 'me', cipassword: secret },
          },
          write(fresh, { cipassword: secret, cores: 'not a number' }),
        ],
        reversal: undoBy(destroy(fresh)),
      }),
    ])
    const outcome = await bench.apply(plan, { secrets: new Map([[secret.secret, SECRET]]) })
    assert.is(outcome.status, 'rolled-back')
    assert.ok(bench.simulator.requests.some(({ params }) => params['cipassword'] === SECRET))
    assert.not.match(JSON.stringify([outcome, bench.events, await bench.store.history()]), SECRET)
    const folder = dirname(bench.path)
    await bench.store.backup('test')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.ok(files.length >= 3)
    for (const file of files) assert.not.ok(readFileSync(join(file.parentPath, file.name)).includes(SECRET), file.name)
  }),
)

test(
  'a secret whose value is not at hand stops the step before anything is sent',
  onWorkbench(async (bench) => {
    const plan = planOf([
      step('vm.box', 'update', stopped, {
        action: 'update',
        expects: await expectsNow(bench.client, stopped),
        requests: [write(stopped, { cipassword: { secret: 'vm.box#cipassword', fingerprint: 'abc' } })],
        reversal: undoBy(),
      }),
    ])
    const outcome = await bench.apply(plan)
    assert.equal(codesOf(outcome), ['apply.missing-secret'])
    assert.is(outcome.status, 'rolled-back')
    assert.equal(writesOf(bench), [])
  }),
)

test.run()
