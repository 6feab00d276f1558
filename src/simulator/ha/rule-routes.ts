import type { Call, RouteTable } from '../api/call.ts'
import { raise } from '../api/error.ts'
import { changedSection, type FileSection, pickKeys, withNumbers } from '../state/section-text.ts'
import { ruleErrors } from './rule-errors.ts'
import { haState, rulesDigest } from './state.ts'

const KEYS = ['resources', 'nodes', 'strict', 'affinity', 'comment', 'disable']
const NUMBERS = ['strict', 'disable', 'order']

type Rule = { readonly type: string; readonly section: FileSection }

const ruleOf = (call: Call): Rule =>
  haState(call.world).rules.get(call.text('rule')) ?? raise(`no such ha rule '${call.text('rule')}'`)

const shown = (call: Call, name: string, { type, section }: Rule): Record<string, unknown> => {
  const errors = ruleErrors(call.world, haState(call.world).rules).get(name)
  return { ...plain(call, name, { type, section }), ...(errors === undefined ? {} : { errors: { resources: errors } }) }
}

const plain = (call: Call, name: string, { type, section }: Rule): Record<string, unknown> => ({
  rule: name,
  type,
  ...withNumbers(section, NUMBERS),
  order: [...haState(call.world).rules.keys()].indexOf(name) + 1,
  digest: rulesDigest(call.world),
})

const list = (call: Call): readonly unknown[] =>
  [...haState(call.world).rules]
    .filter(([, { type }]) => !call.has('type') || type === call.text('type'))
    .filter(
      ([, { section }]) => !call.has('resource') || section['resources']?.split(',').includes(call.text('resource')),
    )
    .map(([name, rule]) => shown(call, name, rule))

const checkNames = (call: Call, { section }: Rule): void => {
  const { resources } = haState(call.world)
  const unmanaged = (section['resources'] ?? '').split(',').filter((sid) => !resources.has(sid))
  if (unmanaged.length > 0) raise(`cannot use unmanaged resource(s) ${unmanaged.join(', ')}.`)
  const nodes = (section['nodes'] ?? '').split(',').filter((node) => node !== '')
  const unknown = nodes.map((node) => node.replace(/:.*/, '')).find((node) => !call.world.nodes.has(node))
  if (unknown !== undefined) raise(`cannot use non-existent node(s) ${unknown}.`)
}

/** Ends the request when the rule could not be followed beside the others. */
const checkFeasible = (call: Call, name: string, rule: Rule): void => {
  const rules = new Map([...haState(call.world).rules, [name, rule]])
  const errors = ruleErrors(call.world, rules).get(name)
  if (errors !== undefined) raise(`400 Rule '${name}' is invalid.\nresources: ${errors.join(', ')}\n`)
}

const telling = (what: string, act: () => null): null => {
  try {
    return act()
  } catch (error) {
    return raise(`${what} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const create = (call: Call): null =>
  telling('create ha rule', () => {
    const { rules } = haState(call.world)
    const name = call.text('rule')
    if (rules.has(name)) raise(`HA rule '${name}' already defined`)
    const rule = { type: call.text('type'), section: pickKeys(call.params, KEYS) }
    checkNames(call, rule)
    checkFeasible(call, name, rule)
    rules.set(name, rule)
    return null
  })

const update = (call: Call): null =>
  telling('update HA rules', () => {
    const rule = ruleOf(call)
    if (call.has('digest') && call.text('digest') !== rulesDigest(call.world))
      raise('detected modified configuration - file changed by other user? Try again.')
    if (call.has('type') && call.text('type') !== rule.type) raise(`Type cannot be changed.`)
    const gone = call.list('delete')
    const unknown = gone.find((key) => !KEYS.includes(key))
    if (unknown !== undefined) raise(`no such option '${unknown}'`)
    const changed = { type: rule.type, section: changedSection(rule.section, pickKeys(call.params, KEYS), gone) }
    checkNames(call, changed)
    checkFeasible(call, call.text('rule'), changed)
    haState(call.world).rules.set(call.text('rule'), changed)
    return null
  })

/** PVE API: /cluster/ha/rules. Deleting a rule that does not exist succeeds (seen on PVE 9.2). */
export const haRuleRoutes: RouteTable = {
  'GET /cluster/ha/rules': list,
  'POST /cluster/ha/rules': create,
  'GET /cluster/ha/rules/{rule}': (call) => shown(call, call.text('rule'), ruleOf(call)),
  'PUT /cluster/ha/rules/{rule}': update,
  'DELETE /cluster/ha/rules/{rule}': (call) => {
    haState(call.world).rules.delete(call.text('rule'))
    return null
  },
}
