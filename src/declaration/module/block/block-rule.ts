import { RESOURCE_KIND_NAMES } from '../../../kinds/resource-kinds.ts'
import { LOOKUP_TYPES } from './lookup-types.ts'

/** What may stand in a block: its labels, its attributes, its inner blocks. */
export interface BlockRule {
  /** What each label is, as it is shown: `vm "name"`. */
  readonly labels: readonly string[]
  /** True: it must be there. */
  readonly attributes: { readonly [name: string]: boolean }
  readonly blocks: { readonly [name: string]: BlockRule }
  /** Inner blocks that stand at most once. */
  readonly single?: readonly string[]
  /** Inner blocks of which there is at least one. */
  readonly needed?: readonly string[]
  /** Further names are judged elsewhere: attributes of guests, inputs of modules. */
  readonly open?: true
  /** What Terraform has here and mpc has not, with what to do instead. */
  readonly alien?: { readonly [name: string]: string }
}

const rule = (
  attributes: BlockRule['attributes'],
  blocks: BlockRule['blocks'] = {},
  more: Omit<Partial<BlockRule>, 'attributes' | 'blocks'> = {},
): BlockRule => ({ labels: [], attributes, blocks, ...more })

const REQUIRED = true
const OPTIONAL = false

const META: BlockRule['attributes'] = { count: OPTIONAL, for_each: OPTIONAL, depends_on: OPTIONAL }

const PROVIDER = 'mpc needs no providers: the endpoint and credentials come from .proxmox/config.yml. Remove it.'

const condition = rule({ condition: REQUIRED, error_message: REQUIRED })

const conditions: BlockRule['blocks'] = { precondition: condition, postcondition: condition }

/** How a guest or pool wants to be treated. */
const lifecycle = rule(
  {
    prevent_destroy: OPTIONAL,
    ignore_changes: OPTIONAL,
    create_before_destroy: OPTIONAL,
    replace_triggered_by: OPTIONAL,
    on_destroy: OPTIONAL,
    reboot: OPTIONAL,
    rollback: OPTIONAL,
    snapshot: OPTIONAL,
    attach_foreign_volumes: OPTIONAL,
  },
  conditions,
)

/** What other tools call what a lookup takes. */
const LOOKUP_ALIENS: BlockRule['alien'] = {
  provider: PROVIDER,
  node_name: 'Write `node`.',
  kind: 'Write `type`.',
  vm_id: 'Write `vmid`.',
  most_recent: 'Write `newest`.',
  name_regex: 'A `name` may hold * and ?, as in name = "debian-12-*".',
  filter: 'Write what is asked for directly, as in tags = ["web"].',
  filters: 'Write what is asked for directly, as in tags = ["web"].',
}

const dynamic = rule(
  { for_each: REQUIRED, iterator: OPTIONAL, labels: OPTIONAL },
  { content: rule({}, {}, { open: true }) },
  { labels: ['block'], single: ['content'], needed: ['content'] },
)

const resource = rule(META, { lifecycle, dynamic }, { labels: ['name'], single: ['lifecycle'], open: true })

const defaults = rule({}, { lifecycle, dynamic }, { labels: ['kind'], single: ['lifecycle'], open: true })

/** A look-up by its type; undefined for a type there is none of. */
export const lookupRule = (type: string): BlockRule | undefined => {
  const known: { readonly [type: string]: readonly string[] } = LOOKUP_TYPES
  const args = Object.hasOwn(known, type) ? known[type] : undefined
  if (!args) return undefined
  const attributes = { ...Object.fromEntries(args.map((name) => [name, OPTIONAL])), ...META }
  const labels = ['type', 'name']
  return rule(attributes, { lifecycle: rule({}, conditions) }, { labels, single: ['lifecycle'], alien: LOOKUP_ALIENS })
}

const data = rule({}, {}, { labels: ['type', 'name'], open: true })

/** Everything a file of declarations may hold. */
export const BLOCK_RULES: { readonly [name: string]: BlockRule } = {
  variable: rule(
    {
      type: OPTIONAL,
      default: OPTIONAL,
      description: OPTIONAL,
      sensitive: OPTIONAL,
      nullable: OPTIONAL,
      ephemeral: OPTIONAL,
    },
    { validation: condition },
    { labels: ['name'] },
  ),
  locals: rule({}, {}, { open: true }),
  output: rule(
    {
      value: REQUIRED,
      description: OPTIONAL,
      sensitive: OPTIONAL,
      depends_on: OPTIONAL,
      ephemeral: OPTIONAL,
    },
    { precondition: condition },
    { labels: ['name'] },
  ),
  ...Object.fromEntries(RESOURCE_KIND_NAMES.map((name) => [name, resource])),
  data,
  module: rule(META, {}, { labels: ['name'], open: true }),
  defaults,
  moved: rule({ from: REQUIRED, to: REQUIRED }),
  import: rule(
    { to: REQUIRED, id: REQUIRED, for_each: OPTIONAL },
    {},
    {
      alien: { provider: PROVIDER, node: 'The node stands in the id, as in id = "pve1/101".' },
    },
  ),
  removed: rule(
    { from: REQUIRED },
    { lifecycle: rule({ destroy: OPTIONAL }) },
    {
      single: ['lifecycle'],
      alien: {
        provisioner: 'mpc runs nothing inside guests. Remove it.',
        connection: 'mpc runs nothing inside guests. Remove it.',
      },
    },
  ),
  check: rule({}, { assert: condition, data }, { labels: ['name'], needed: ['assert'] }),
}

/** Names that mean something else in a module block, so that no variable can have them. */
export const RESERVED_VARIABLES: readonly string[] = [
  'source',
  'version',
  'providers',
  'count',
  'for_each',
  'lifecycle',
  'depends_on',
  'locals',
]
