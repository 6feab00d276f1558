import type { Plan } from '../../src/plan/plan.ts'
import type { ProxmoxClient } from '../../src/proxmox/client.ts'
import { guestPath } from '../../src/resource/guest.ts'
import { binding, destroy, expectsNow, guestRef, planOf, power, step, undoBy, write } from './workbench.ts'

export const fresh = guestRef('qemu', 'pve3', 300)
export const stopped = guestRef('qemu', 'pve3', 107)
export const running = guestRef('qemu', 'pve1', 102)
export const container = guestRef('lxc', 'pve1', 200)

export const SNAPSHOT = 'mpc_0123456789'

/** One of everything: make and start a guest, change and grow a stopped one, change a running one and a container. */
export const samplePlan = async (client: ProxmoxClient): Promise<Plan> =>
  planOf([
    step('vm.new', 'create', fresh, {
      action: 'create',
      expects: { absent: true },
      requests: [
        {
          method: 'POST',
          path: '/nodes/pve3/qemu',
          params: { vmid: 300, name: 'new', memory: 512, scsi0: 'local-lvm:4', net0: 'virtio,bridge=vmbr0' },
        },
        write(fresh, { description: 'made by mpc' }),
      ],
      reversal: undoBy(destroy(fresh)),
      binding: { before: null, after: binding('vm.new', fresh, { memory: 512 }) },
    }),
    step('vm.new', 'start', fresh, {
      action: 'start',
      requests: [power(fresh, 'start')],
      reversal: undoBy(power(fresh, 'stop')),
    }),
    step('vm.box', 'update', stopped, {
      action: 'update',
      expects: await expectsNow(client, stopped),
      requests: [write(stopped, { cores: 6, description: 'bigger', delete: 'tags' })],
      reversal: undoBy(write(stopped, { cores: 4, tags: 'dev', delete: 'description' })),
      binding: { before: null, after: binding('vm.box', stopped, { cores: 6 }) },
    }),
    step('vm.box', 'snapshot', stopped, {
      action: 'snapshot',
      requests: [{ method: 'POST', path: `${guestPath(stopped)}/snapshot`, params: { snapname: SNAPSHOT } }],
      reversal: undoBy({ method: 'DELETE', path: `${guestPath(stopped)}/snapshot/${SNAPSHOT}` }),
    }),
    step('vm.box', 'grow-scsi0', stopped, {
      action: 'update',
      requests: [
        { method: 'PUT', path: `${guestPath(stopped)}/resize`, params: { disk: 'scsi0', size: '60G' }, digest: true },
      ],
      reversal: {
        by: 'snapshot',
        name: SNAPSHOT,
        requests: [{ method: 'POST', path: `${guestPath(stopped)}/snapshot/${SNAPSHOT}/rollback` }],
      },
    }),
    step('vm.box', 'start', stopped, {
      action: 'start',
      requests: [power(stopped, 'start')],
      reversal: undoBy(power(stopped, 'stop')),
    }),
    step('vm.git', 'update', running, {
      action: 'update',
      expects: await expectsNow(client, running),
      requests: [write(running, { tags: 'dev;web', cores: 4 })],
      reversal: undoBy(write(running, { tags: 'dev', revert: 'cores' })),
    }),
    step('container.dns', 'update', container, {
      action: 'update',
      expects: await expectsNow(client, container),
      requests: [write(container, { memory: 512 }), write(container, { swap: 256 })],
      reversal: undoBy(write(container, { memory: 256, swap: 512 })),
    }),
  ])
