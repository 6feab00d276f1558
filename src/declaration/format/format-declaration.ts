import type { Checked } from '../../diagnostic/diagnostic.ts'

/** Files that `mpc fmt` takes from a folder: declarations and values of variables. */
export const isDeclarationFile = (name: string): boolean => /\.(?:mpc|mpcvars)\.(?:hcl|ya?ml)$/.test(name)

/** Formats a file in the language its name tells; undefined when it tells none that can be formatted. */
export const formatDeclaration = async (filename: string, text: string): Promise<Checked<string> | undefined> => {
  if (/\.hcl$/.test(filename)) return (await import('./format-hcl.ts')).formatHcl(filename, text)
  if (/\.ya?ml$/.test(filename)) return (await import('./format-yaml.ts')).formatYaml(filename, text)
  return undefined
}
