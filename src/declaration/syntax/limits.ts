/** Characters of one file or template; more is refused before it is parsed. */
export const MAX_TEXT = 4_194_304

/** Brackets, braces, templates and YAML collections within one another. */
export const MAX_NESTING = 100

/** Operators, accesses and calls chained within one expression, as depth of the tree. */
export const MAX_DEPTH = 1500

/** Values of one YAML file, counting what an alias stands for each time it is used. */
export const MAX_VALUES = 200_000
