/** What a block holds: expressions as they are written, and blocks in it. */
export interface BlockBody {
  readonly [name: string]: string | BlockBody
}

const asHcl = (body: BlockBody, indent: string): readonly string[] => {
  const width = Math.max(...Object.entries(body).map(([name, value]) => (typeof value === 'string' ? name.length : 0)))
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [`${indent}${name.padEnd(width)} = ${value}`]
      : [`${indent}${name} {`, ...asHcl(value, `${indent}  `), `${indent}}`],
  )
}

const asYaml = (body: BlockBody, indent: string): readonly string[] =>
  Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${indent}${name}: ${value}`] : [`${indent}${name}:`, ...asYaml(value, `${indent}  `)],
  )

const asYamlList = (bodies: readonly BlockBody[]): readonly string[] =>
  bodies.flatMap((body) => asYaml(body, '    ').map((line, index) => (index === 0 ? `  - ${line.trimStart()}` : line)))

/** Blocks of one sort, to be put into a declaration file as they stand: in the language of the file named, HCL where none is. */
export const writtenBlocks = (name: string, bodies: readonly BlockBody[], filename = ''): string => {
  if (!/\.ya?ml$/.test(filename)) return bodies.flatMap((body) => [`${name} {`, ...asHcl(body, '  '), '}']).join('\n')
  const [only, ...others] = bodies
  return [`${name}:`, ...(only && others.length === 0 ? asYaml(only, '  ') : asYamlList(bodies))].join('\n')
}

/** The block with which mpc forgets a resource and leaves it as it is; without `destroy = false` it would be destroyed. */
export const forgettingBlock = (address: string, filename?: string): string =>
  writtenBlocks('removed', [{ from: address, lifecycle: { destroy: 'false' } }], filename)
