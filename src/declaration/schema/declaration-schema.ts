import { guestKinds } from '../../kinds/registry.ts'
import { guestDefinitions } from './guest-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { closed, described, labelled, languageBlocks, languageDefinitions, ref } from './language-schema.ts'

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const ID = 'declaration.schema.json'

/**
 * The schema of a declaration file in YAML or JSON, from PVE's API facts and our own descriptions. It says what an editor can say while
 * a person types; what depends on values, references or the cluster is found by `mpc validate`.
 */
export const declarationSchema = (): JsonSchema => ({
  $schema: DIALECT,
  $id: ID,
  title: 'Declarations of mpc',
  description: `VMs, containers and pools of a Proxmox VE cluster, as they should be. Any value may be an expression in \`\${…}\`.`,
  ...closed({
    vm: described('Virtual machines, by name.', labelled(ref('vm'))),
    container: described('Containers, by name.', labelled(ref('container'))),
    defaults: described('What every guest of a kind inherits unless it says otherwise.', {
      ...closed({ vm: ref('vm_defaults'), container: ref('container_defaults'), pool: ref('pool_defaults') }),
      type: ['object', 'null'],
    }),
    ...languageBlocks,
  }),
  type: ['object', 'null'],
  $defs: {
    ...languageDefinitions,
    ...guestDefinitions(guestKinds.vm),
    ...guestDefinitions(guestKinds.container),
  },
})
