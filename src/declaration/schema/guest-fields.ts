import type { GuestKind } from '../../kinds/kind.ts'
import type { JsonSchema } from './json-schema.ts'
import { described, FLAG } from './language-schema.ts'
import { EXPRESSION, orExpression } from './value-schema.ts'

const TEXT: JsonSchema = { type: ['string', 'null'] }

const shared: { readonly [name: string]: JsonSchema } = {
  node: described('Node the guest is on. Another one moves the guest there.', TEXT),
  vmid: described('Number of the guest in the cluster. Without it, mpc takes the next free one.', {
    type: ['integer', 'string', 'null'],
    minimum: 100,
    maximum: 999_999_999,
    pattern: orExpression('^[1-9]\\d{2,8}$'),
  }),
  power: described('Whether the guest is to run. Without it, it is left as it is.', {
    anyOf: [{ enum: ['running', 'stopped', null] }, { type: 'string', pattern: EXPRESSION }],
  }),
  pool: described('Pool the guest belongs to; empty: none.', TEXT),
}

const cloned = (what: string): { readonly [name: string]: JsonSchema } => ({
  clone: described(`The ${what} that a new one is copied from: the name or VMID of a template.`, {
    type: ['string', 'integer', 'null'],
  }),
  full: described('Copies everything; without it, a clone of a template shares its disks.', FLAG),
})

const fields: Readonly<Record<GuestKind['name'], { readonly [name: string]: JsonSchema }>> = {
  vm: {
    ...shared,
    ...cloned('VM'),
    template: described('Turns the VM into a template once it is made. That cannot be undone.', FLAG),
  },
  container: {
    ...shared,
    ...cloned('container'),
    template: described(
      'Archive a new container is made from, such as `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst`.',
      TEXT,
    ),
    name: described('Another name for `hostname`.', TEXT),
  },
}

/** Keys of a guest that are no configuration of PVE: where it is, what it is made from, whether it runs. */
export const guestFields = (kind: GuestKind['name']): { readonly [name: string]: JsonSchema } => fields[kind]
