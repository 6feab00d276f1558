import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder mpc is installed in: where `examples/` and `schemas/` lie, for the bundle and for compiled tests alike. */
export const packageFolder = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'examples')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}
