import type { Observed, ObservedStorage } from '../../resource/observed.ts'
import { BOOL, listOf, NUMBER, objectOf, STRING } from '../eval/type.ts'
import { bool, integer, list, object, string, type Value } from '../eval/value.ts'
import { STORAGE_CONTENTS } from '../module/block/lookup-types.ts'
import {
  type Arguments,
  type Found,
  fitsName,
  textArgument,
  texts,
  unknownNamed,
  wordArgument,
} from './lookup-arguments.ts'
import { isPattern } from './name-pattern.ts'

const STORAGE = objectOf([
  ['name', STRING],
  ['type', STRING],
  ['shared', BOOL],
  ['active', BOOL],
  ['content', listOf(STRING)],
  ['nodes', listOf(STRING)],
  ['total', NUMBER],
  ['used', NUMBER],
  ['free', NUMBER],
])

type Row = ObservedStorage

const storageValue = (rows: readonly Row[], first: Row): Value =>
  object([
    ['name', string(first.storage)],
    ['type', string(first.type)],
    ['shared', bool(first.shared)],
    ['active', bool(first.active)],
    ['content', texts(first.content)],
    ['nodes', texts(rows.map(({ node }) => node))],
    ['total', integer(first.total)],
    ['used', integer(first.used)],
    ['free', integer(Math.max(0, first.total - first.used))],
  ])

const byName = (storages: readonly Row[]): ReadonlyMap<string, readonly Row[]> => {
  const named = new Map<string, Row[]>()
  for (const row of storages) {
    const rows = named.get(row.storage)
    if (rows) rows.push(row)
    else named.set(row.storage, [row])
  }
  return named
}

/** The storage of that name; without a name, or with a pattern, all that fit, by name. Figures are those of `node`, or of the first that has it. */
export const findStorage = ({ storages, nodes }: Observed, args: Arguments): Found => {
  const [name, node, type] = ['name', 'node', 'type'].map((key) => textArgument(args, key))
  const content = wordArgument(args, 'content', STORAGE_CONTENTS)
  const named = byName(storages)
  const fits = (row: Row): boolean =>
    (type === undefined || row.type === type) && (content === undefined || row.content.includes(content))
  const on = (rows: readonly Row[]): Row | undefined => rows.find((row) => node === undefined || row.node === node)
  if (name === undefined || isPattern(name)) {
    if (node !== undefined && !nodes.some((one) => one.node === node))
      return unknownNamed(
        'node',
        node,
        nodes.map((one) => one.node),
      )
    const found = [...named].filter(([storage]) => fitsName(name, storage)).map(([, rows]) => [rows, on(rows)] as const)
    return list(
      STORAGE,
      found.flatMap(([rows, first]) => (first && fits(first) ? [storageValue(rows, first)] : [])),
    )
  }
  const rows = named.get(name)
  if (!rows) return unknownNamed('storage', name, [...named.keys()])
  const first = on(rows)
  if (!first) return { problem: `node "${node}" does not have the storage "${name}".` }
  if (fits(first)) return storageValue(rows, first)
  return {
    problem: `the storage "${name}" is of type ${first.type} and holds ${first.content.join(', ') || 'nothing'}, which does not match.`,
  }
}
