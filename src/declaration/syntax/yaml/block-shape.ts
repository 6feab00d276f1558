/** How the body of a file or block is to be read where its spelling does not tell, as in YAML: what is a block, and what its labels are. */
export interface BodyShape {
  readonly blocks: { readonly [name: string]: BlockShape }
  /** Attributes whose text is an expression even without `${…}`: references, types, lists of them. */
  readonly expressions: readonly string[]
}

export interface BlockShape {
  readonly labels: number
  readonly body: BodyShape
}

const plain: BodyShape = { blocks: {}, expressions: [] }

const block = (labels: number, body: BodyShape): BlockShape => ({ labels, body })

const condition = block(0, plain)

const lifecycle = block(0, {
  blocks: { precondition: condition, postcondition: condition },
  expressions: ['ignore_changes', 'replace_triggered_by'],
})

/** `content` holds the generated block; whatever it nests stays maps. */
const dynamic = block(1, { blocks: { content: block(0, plain) }, expressions: ['iterator'] })

const resource: BodyShape = { blocks: { lifecycle, dynamic }, expressions: ['depends_on'] }

/** The top of a declaration file. */
export const FILE_SHAPE: BodyShape = {
  expressions: [],
  blocks: {
    variable: block(1, { blocks: { validation: condition }, expressions: ['type'] }),
    locals: block(0, plain),
    output: block(1, { blocks: { precondition: condition }, expressions: ['depends_on'] }),
    vm: block(1, resource),
    container: block(1, resource),
    pool: block(1, resource),
    data: block(2, { blocks: {}, expressions: ['depends_on'] }),
    module: block(1, { blocks: {}, expressions: ['depends_on'] }),
    moved: block(0, { blocks: {}, expressions: ['from', 'to'] }),
    import: block(0, { blocks: {}, expressions: ['to'] }),
    removed: block(0, { blocks: { lifecycle: block(0, plain) }, expressions: ['from'] }),
    check: block(1, { blocks: { assert: condition, data: block(2, plain) }, expressions: [] }),
    defaults: block(1, { blocks: { lifecycle }, expressions: [] }),
  },
}

/** A file of variable values holds attributes only. */
export const VALUES_SHAPE: BodyShape = plain
