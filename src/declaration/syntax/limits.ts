/** Characters of one file, template or value; more is refused. */
export const MAX_TEXT = 4_194_304

/** Brackets, braces, templates and YAML collections within one another, and collections within one value. */
export const MAX_NESTING = 100

/** Operators, accesses and calls chained within one expression, as depth of the tree. */
export const MAX_DEPTH = 1500

/** Words, signs and pieces of text of one file or template. */
export const MAX_TOKENS = 1_000_000

/** Values of one YAML file, counting what an alias stands for each time it is used. */
export const MAX_VALUES = 1_000_000

/** Units (`sizeOf`) of one value, shared parts counted each time: about 32 bytes each where nothing is shared. All guests of 10,000 are a tenth of it. */
export const MAX_SIZE = 8_388_608

/**
 * Units of work of one evaluation: an expression evaluated, an element looked at or made, 16 characters read or written. Work is counted
 * and never timed, so that equal declarations are always accepted or always refused; 10,000 guests take about a fifth of it.
 */
export const MAX_WORK = 33_554_432

/** The same for all evaluations together that reading files and packages leads to. */
export const MAX_WORK_OF_ROUNDS = 3 * MAX_WORK

/** Problems told of one file. */
export const MAX_FINDINGS = 200

/** Characters of the words of one problem, which may quote a text. */
export const MAX_DETAIL = 2_000

/** Bytes of one file that is read, for a function or as a declaration. */
export const MAX_FILE = 67_108_864

/** Bytes of all files that functions read. */
export const MAX_FILES = 268_435_456

/** Files and folders that fileset() looks at. */
export const MAX_LISTED = 100_000
