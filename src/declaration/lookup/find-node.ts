import type { Observed, ObservedNode } from '../../resource/observed.ts'
import { BOOL, objectOf, STRING } from '../eval/type.ts'
import { bool, list, object, string, type Value } from '../eval/value.ts'
import { NODE_STATUS } from '../module/block/lookup-types.ts'
import { type Arguments, type Found, fitsName, textArgument, unknownNamed, wordArgument } from './lookup-arguments.ts'
import { isPattern } from './name-pattern.ts'

const NODE = objectOf([
  ['name', STRING],
  ['status', STRING],
  ['online', BOOL],
])

const nodeValue = ({ node, status }: ObservedNode): Value =>
  object([
    ['name', string(node)],
    ['status', string(status)],
    ['online', bool(status === 'online')],
  ])

/** The node of that name; without a name, or with a pattern, all that fit, by name. */
export const findNode = ({ nodes }: Observed, args: Arguments): Found => {
  const name = textArgument(args, 'name')
  const status = wordArgument(args, 'status', NODE_STATUS)
  const hasStatus = (node: ObservedNode): boolean => status === undefined || node.status === status
  if (name === undefined || isPattern(name))
    return list(NODE, nodes.filter((one) => hasStatus(one) && fitsName(name, one.node)).map(nodeValue))
  const node = nodes.find((one) => one.node === name)
  if (!node)
    return unknownNamed(
      'node',
      name,
      nodes.map((one) => one.node),
    )
  return hasStatus(node) ? nodeValue(node) : { problem: `the node "${name}" is ${node.status}, not ${status}.` }
}
