import { RESERVED_VARIABLES } from '../module/block/block-rule.ts'
import { GUEST_STATUS, GUEST_TYPES, LOOKUP_TYPES, NODE_STATUS, STORAGE_CONTENTS } from '../module/block/lookup-types.ts'
import type { JsonSchema } from './json-schema.ts'
import { EXPRESSION, orExpression } from './value-schema.ts'

/** A name in the language: of a variable, a resource, a module. */
const NAME = '^[A-Za-z_][A-Za-z0-9_-]*$'

export const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

export const described = (description: string, schema: JsonSchema): JsonSchema => ({ description, ...schema })

/** A map with these keys and no others, or an expression that gives one. */
export const closed = (
  properties: { readonly [name: string]: JsonSchema },
  more: Pick<JsonSchema, 'required' | 'patternProperties' | 'description' | 'maxProperties'> = {},
): JsonSchema => ({ type: 'object', additionalProperties: false, properties, ...more })

/** A block without labels that may stand several times: one map, or a list of maps. */
const repeated = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'array', items: schema }] })

/** A labelled block: a map from label to body. */
export const labelled = (schema: JsonSchema): JsonSchema => ({
  type: ['object', 'null'],
  propertyNames: { pattern: NAME },
  additionalProperties: schema,
})

const TEXT: JsonSchema = { type: 'string' }
export const FLAG: JsonSchema = {
  type: ['boolean', 'integer', 'string', 'null'],
  minimum: 0,
  maximum: 1,
  pattern: orExpression('^(?:true|false|[01])$'),
}
/** The name of something declared: `vm.web`, or the same in `${…}`. */
const REFERENCE: JsonSchema = {
  type: 'string',
  pattern: orExpression('^(?:module\\.|[A-Za-z_][A-Za-z0-9_-]*\\.)[A-Za-z_][A-Za-z0-9_-]*'),
}
const REFERENCES: JsonSchema = { type: ['array', 'string', 'null'], items: REFERENCE, pattern: EXPRESSION }
const choice = (...values: readonly string[]): JsonSchema => ({
  anyOf: [{ enum: values }, { type: 'string', pattern: EXPRESSION }],
})

const condition = closed(
  {
    condition: described(`What must hold: an expression in \`\${…}\` that is true or false.`, {
      type: ['string', 'boolean'],
    }),
    error_message: described('What a person is told when it does not hold.', TEXT),
  },
  { required: ['condition', 'error_message'] },
)

const precondition = described('Must hold before anything is planned.', repeated(ref('condition')))
const postcondition = described('Must hold for the result.', repeated(ref('condition')))
const conditions = closed({ precondition, postcondition })

const lifecycle = closed({
  prevent_destroy: described('Refuses every plan that would destroy the guest.', { ...FLAG, default: false }),
  create_before_destroy: described('A replacement is made before the old guest goes.', { ...FLAG, default: false }),
  ignore_changes: described('Attributes whose changes are left alone, or `all`.', {
    type: ['array', 'string'],
    items: TEXT,
  }),
  replace_triggered_by: described('Replaces the guest when one of these changes.', REFERENCES),
  on_destroy: described(
    'How destroying is made reversible: a backup before it, the stopped guest kept, or not at all.',
    {
      ...choice('backup', 'retain', 'delete'),
      default: 'backup',
    },
  ),
  reboot: described('Whether mpc may restart the guest when a change needs it.', {
    ...choice('never', 'allowed'),
    default: 'never',
  }),
  rollback: described(
    'Whether a failed apply may set the running guest back to a snapshot, which restarts it and loses what it wrote since.',
    {
      ...choice('never', 'allowed'),
      default: 'never',
    },
  ),
  snapshot: described('Whether a snapshot is taken before changes; `auto` does where undoing needs one.', {
    ...choice('auto', 'always', 'never'),
    default: 'auto',
  }),
  attach_foreign_volumes: described(
    'Allows attaching volumes that belong to other guests, at most one of which runs.',
    {
      ...FLAG,
      default: false,
    },
  ),
  precondition,
  postcondition,
})

const variable = closed({
  type: described('Type of the value: `string`, `number`, `bool`, `list(string)`, `object({ … })` …', TEXT),
  default: described('Value when none is given. Without it, the variable must be given.', {}),
  description: described('What the variable is for.', TEXT),
  sensitive: described('Never shows the value.', { ...FLAG, default: false }),
  nullable: described('Allows null as the value.', { ...FLAG, default: true }),
  ephemeral: described('The value is never kept.', FLAG),
  validation: described('What a value must satisfy.', repeated(ref('condition'))),
})

const output = closed(
  {
    value: described('The value, usually an expression.', {}),
    description: described('What the value is.', TEXT),
    sensitive: described('Never shows the value.', { ...FLAG, default: false }),
    ephemeral: described('The value is never kept.', FLAG),
    depends_on: described('What must be done before the value is right.', REFERENCES),
    precondition: described('Must hold, or the value is not given.', repeated(ref('condition'))),
  },
  { required: ['value'] },
)

/** Keys that every resource understands, whatever its kind. */
export const metaArguments: { readonly [name: string]: JsonSchema } = {
  count: described('Makes this many, numbered from 0 by `count.index`.', {
    type: ['integer', 'string', 'null'],
    minimum: 0,
    pattern: orExpression('^\\d+$'),
  }),
  for_each: described('Makes one for each entry of a map or set; `each.key` and `each.value` tell which.', {
    type: ['object', 'array', 'string'],
    pattern: EXPRESSION,
  }),
  depends_on: described('What must be done before this.', REFERENCES),
  lifecycle: described('How changes are made.', ref('lifecycle')),
}

const poolComment = described('Notes on the pool.', { type: ['string', 'null'] })

const pool = closed({
  ...metaArguments,
  poolid: described('Name of the pool on the server. Without it: the label of the block.', TEXT),
  comment: poolComment,
})

const moduleBlock: JsonSchema = {
  type: 'object',
  required: ['source'],
  properties: {
    source: described('Folder of the module, beginning with `./` or `../`.', {
      type: 'string',
      pattern: '^\\.\\.?(?:/|$)',
    }),
    count: metaArguments['count'] ?? {},
    for_each: metaArguments['for_each'] ?? {},
    depends_on: metaArguments['depends_on'] ?? {},
  },
  additionalProperties: described('An input variable of the module.', {}),
}

const moved = closed(
  {
    from: described('Address until now.', REFERENCE),
    to: described('Address from now on.', REFERENCE),
  },
  { required: ['from', 'to'] },
)

const importBlock = closed(
  {
    to: described('Address of the resource that an existing guest is bound to.', REFERENCE),
    id: described('The guest: `node/vmid`, or its VMID.', { type: ['string', 'integer'] }),
    for_each: metaArguments['for_each'] ?? {},
  },
  { required: ['to', 'id'] },
)

const removed = closed(
  {
    from: described('Address that is to be forgotten.', REFERENCE),
    lifecycle: closed({ destroy: described('Whether the guest is destroyed too.', { ...FLAG, default: true }) }),
  },
  { required: ['from'] },
)

const LOOKUPS: Readonly<Record<string, string>> = {
  node: 'A node of the cluster; without a name, a list of all that fit.',
  storage: 'A storage; without a name, a list of all that fit.',
  template: 'A template to clone; without a name or number, a list of all that fit.',
  guest: 'A guest that exists; without a name or number, a list of all that fit.',
}

const WORD: JsonSchema = { type: ['string', 'null'] }

const ARGUMENTS: Readonly<Record<string, JsonSchema>> = {
  name: described('Its name; with `*` or `?` in it, a pattern, and a list of all that fit.', WORD),
  node: described('The node it is on.', WORD),
  vmid: described('Its number.', { type: ['integer', 'string', 'null'] }),
  type: described('`vm` or `container`.', { anyOf: [choice(...GUEST_TYPES), { type: 'null' }] }),
  status: described('`running`, `stopped`, `paused` or `unknown`.', {
    anyOf: [choice(...GUEST_STATUS), { type: 'null' }],
  }),
  template: described('Whether it is a template.', FLAG),
  pool: described('The pool it belongs to.', WORD),
  tags: described('Tags it must all have.', { type: ['array', 'string', 'null'], items: { type: 'string' } }),
  newest: described('Gives the one that was made last of all that fit.', { ...FLAG, default: false }),
}

/** Arguments that mean something else to one lookup than to the others. */
const OWN_ARGUMENTS: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  node: {
    status: described('`online`, `offline` or `unknown`.', { anyOf: [choice(...NODE_STATUS), { type: 'null' }] }),
  },
  storage: {
    node: described('A node that has it.', WORD),
    type: described("PVE's type of storage: `dir`, `lvmthin`, `zfspool`, `nfs`, `rbd` …", WORD),
    content: described('What it must be allowed to hold.', { anyOf: [choice(...STORAGE_CONTENTS), { type: 'null' }] }),
  },
}

const { count, for_each, depends_on } = metaArguments

const dataSource = (type: string, args: readonly string[]): JsonSchema =>
  closed({
    ...Object.fromEntries(args.map((name) => [name, OWN_ARGUMENTS[type]?.[name] ?? ARGUMENTS[name] ?? {}])),
    ...(count && { count }),
    ...(for_each && { for_each }),
    ...(depends_on && { depends_on }),
    lifecycle: described('What must hold before the lookup, and for what it finds.', conditions),
  })

const dataSources = closed(
  Object.fromEntries(
    Object.entries(LOOKUP_TYPES).map(([type, args]) => [
      type,
      described(LOOKUPS[type] ?? '', labelled(dataSource(type, args))),
    ]),
  ),
)

const check = closed(
  {
    assert: described('What should hold; a warning when it does not.', repeated(ref('condition'))),
    data: described('A lookup for this check alone.', dataSources),
  },
  { required: ['assert'] },
)

/** Everything in a file that is not about one kind of guest. */
export const languageDefinitions: { readonly [name: string]: JsonSchema } = {
  condition,
  lifecycle,
  variable,
  output,
  pool,
  pool_defaults: closed({ comment: poolComment, lifecycle: metaArguments['lifecycle'] ?? {} }),
  module: moduleBlock,
  moved,
  import: importBlock,
  removed,
  data: dataSources,
  check,
}

/** The keys of a file, besides the kinds of guest. */
export const languageBlocks: { readonly [name: string]: JsonSchema } = {
  variable: described('Values given from outside, by name.', {
    ...labelled({ anyOf: [ref('variable'), { type: 'null' }] }),
    propertyNames: { pattern: NAME, not: { enum: RESERVED_VARIABLES } },
  }),
  locals: described('Values computed once and used by name, as `local.name`.', {
    type: ['object', 'null'],
    propertyNames: { pattern: NAME },
  }),
  output: described('Values to show after apply, and to hand to the calling module.', labelled(ref('output'))),
  pool: described('Pools of guests, by name.', labelled({ anyOf: [ref('pool'), { type: 'null' }] })),
  module: described('Declarations of another folder, by name.', labelled(ref('module'))),
  moved: described('Resources that have another address now.', repeated(ref('moved'))),
  import: described('Existing guests to bind to an address.', repeated(ref('import'))),
  removed: described('Resources to forget.', repeated(ref('removed'))),
  data: described('Read-only lookups in what the last sync saw.', ref('data')),
  check: described('Assertions that warn, by name.', labelled(ref('check'))),
}
