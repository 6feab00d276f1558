import { PveError } from '../../src/simulator/api/error.ts'
import type { Answer } from '../../src/simulator/http/answer.ts'
import type { Simulator } from '../../src/simulator/start.ts'

/** How a write goes wrong; `killed`: the process ends as the server has taken it. */
export const TROUBLES = [
  'refused',
  'never arrived',
  'null without doing it',
  'null after it took effect',
  'failed after it took effect',
  'answer lost',
  'killed',
] as const

export type Trouble = (typeof TROUBLES)[number]

export const GONE = 'this process is gone'

const NULL: Answer = { status: 200, reason: 'OK', text: JSON.stringify({ data: null }), json: true }

const isWrite = (verb: string, path: string): boolean => verb !== 'GET' && !path.startsWith('/access/ticket')

const instead = (trouble: Trouble): Answer | 'reset' | undefined => {
  if (trouble === 'refused') throw new PveError(500, 'made to fail')
  if (trouble === 'never arrived') return 'reset'
  return trouble === 'null without doing it' ? NULL : undefined
}

const afterwards = (trouble: Trouble, answer: Answer): Answer | 'reset' => {
  if (trouble === 'null after it took effect') return NULL
  if (trouble === 'failed after it took effect') return { ...NULL, status: 500, reason: 'made to fail' }
  return trouble === 'answer lost' ? 'reset' : answer
}

/** Lets the nth write from now on go wrong; gives what ends that. */
export const troubleAt = ({ hooks }: Simulator, wanted: number, trouble: Trouble): (() => void) => {
  let count = 0
  const hit = new WeakSet<object>()
  const hook: Simulator['hooks'][number] = {
    before: (seen) => {
      if (!isWrite(seen.verb, seen.path) || ++count !== wanted) return undefined
      hit.add(seen)
      return instead(trouble)
    },
    after: (seen, answer) => (hit.has(seen) && answer !== NULL ? afterwards(trouble, answer) : answer),
  }
  hooks.push(hook)
  return () => {
    hooks.splice(hooks.indexOf(hook), 1)
  }
}
