import type { SourceRange } from '../../diagnostic/source-range.ts'
import { poolFacts } from '../../kinds/pool.ts'
import type { Address } from '../../resource/address.ts'
import type { DesiredPool, Lifecycle } from '../../resource/desired.ts'
import { suggestion } from '../../util/did-you-mean.ts'
import type { EvaluatedBody } from '../module/evaluated-body.ts'
import { ownFields } from './own-field.ts'
import type { Reporter } from './reporter.ts'

const POOL_ID = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,2}$/

export const poolReporter = (address: string, problem: Reporter['problem']): Reporter => ({
  address,
  problem,
  knows: (name) => poolFacts.fields.includes(name),
  unknownName: (name, at) =>
    problem({
      code: 'declaration.unknown-attribute',
      detail: `A pool has no "${name}".${suggestion(name, poolFacts.fields) || ' It has poolid and comment. Its members say pool = "…" themselves.'}`,
      at,
    }),
})

export interface PoolParts {
  readonly address: Address
  readonly label: string
  readonly body: EvaluatedBody
  readonly lifecycle: Lifecycle
  readonly dependsOn: readonly Address[]
  readonly range: SourceRange
}

/** A pool's id is its label unless `poolid` says otherwise. */
export const desiredPool = (parts: PoolParts, reporter: Reporter): DesiredPool => {
  const { address, body, label, lifecycle, dependsOn, range } = parts
  for (const { name, at } of body.attributes.values())
    if (!poolFacts.fields.includes(name)) reporter.unknownName(name, at)
  for (const { name, at } of body.blocks) reporter.unknownName(name, at)
  const fields = ownFields(body, reporter)
  const poolid = fields.text('poolid') ?? label
  const at = fields.attribute('poolid')?.expression ?? body.at
  if (!POOL_ID.test(poolid)) {
    const detail = `"${poolid}" is not a valid pool ID. Use letters, digits, "_" and "-", in up to three levels separated by "/".`
    reporter.problem({ code: 'declaration.invalid-value', detail, at })
  }
  const comment = fields.attribute('comment') && fields.text('comment')
  return {
    kind: 'pool',
    address,
    poolid,
    ...(comment !== undefined && { comment }),
    lifecycle,
    dependsOn,
    range,
  }
}
