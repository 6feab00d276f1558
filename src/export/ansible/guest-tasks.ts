import type { ObservedGuest } from '../../resource/observed.ts'
import type { Loss } from '../export.ts'
import { NO_TEMPLATE, NOT_RUNNING } from './guard.ts'
import type { Expression, YamlValue } from './yaml-text.ts'

/** One task: a module, its options, and the condition that makes a second run quiet. */
export interface Task {
  readonly name: string
  readonly module: string
  readonly options: { readonly [option: string]: YamlValue | undefined }
  readonly when: Expression
}

export interface GuestTasks {
  readonly tasks: readonly Task[]
  readonly losses: readonly Loss[]
}

export type TellLoss = (key: string, value: string | undefined, consequence: string) => void

export const taskValue = ({ name, module, options, when }: Task): YamlValue => ({
  name,
  [`community.proxmox.${module}`]: options,
  when,
})

export const LEFT = 'kept on the server; the modules cannot set it, so it is missing when the guest is re-created'

/** What the guest ends as: a template, or running. A stopped guest is left as it is. */
export const stateTasks = (guest: ObservedGuest, module: string): readonly Task[] => {
  const options = { vmid: guest.vmid, node: guest.node }
  if (guest.template)
    return [{ name: 'It is a template', module, options: { ...options, state: 'template' }, when: NO_TEMPLATE }]
  if (guest.status !== 'running' && guest.status !== 'paused') return []
  return [{ name: 'It runs', module, options: { ...options, state: 'started' }, when: NOT_RUNNING }]
}
