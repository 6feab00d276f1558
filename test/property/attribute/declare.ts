import { hasErrors } from '../../../src/diagnostic/diagnostic.ts'
import type { Desired, Secrets } from '../../../src/resource/desired.ts'
import { load } from '../../declaration/load.ts'
import type { AttributeCase } from './attribute-cases.ts'

/** A value in the words of a file: HCL's own text, or what JSON can say. */
export type Spelled = string

export const HCL = (value: unknown): Spelled => {
  if (Array.isArray(value)) return `[${value.map(HCL).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)} = ${HCL(each)}`)
      .join(', ')} }`
  return JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{')
}

const BASE: Readonly<Record<'vm' | 'container', Readonly<Record<string, unknown>>>> = {
  vm: {
    node: 'pve1',
    scsi0: { storage: 'local-lvm', size: '1G' },
    net0: { model: 'virtio', bridge: 'vmbr0' },
  },
  container: {
    node: 'pve1',
    template: 'local:vztmpl/debian.tar.zst',
    rootfs: { storage: 'local-lvm', size: '1G' },
    net0: { name: 'eth0', bridge: 'vmbr0' },
  },
}

export interface Declared {
  readonly desired: Desired
  readonly secrets: Secrets
}

const loaded = async (texts: Readonly<Record<string, string>>): Promise<Declared> => {
  const { value, diagnostics } = await load(texts)
  if (!value || hasErrors(diagnostics))
    throw new Error(
      `not taken: ${diagnostics.map(({ code, detail }) => `${code}: ${detail}`).join(' / ')}\n${Object.values(texts).join('\n')}`,
    )
  return value
}

const block = (kind: 'vm' | 'container', name: string, attributes: Readonly<Record<string, Spelled>>): string =>
  `${kind} "${name}" {\n${Object.entries(attributes)
    .map(([key, text]) => `  ${key === '' ? text : `${key} = ${text}`}\n`)
    .join('')}}\n`

/** The guest's own attributes in HCL; one named in `more` stands there instead. */
export const baseHcl = (
  { kind }: AttributeCase,
  more: Readonly<Record<string, Spelled>> = {},
): Readonly<Record<string, Spelled>> => ({
  ...Object.fromEntries(Object.entries(BASE[kind.name]).map(([key, value]) => [key, HCL(value)])),
  ...more,
})

const without = <T>(map: Readonly<Record<string, T>>, gone: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(map).filter(([key]) => key !== gone))

/** The guest `web` with the case's attribute as it is spelled; undefined: without it. */
export const declareHcl = (
  one: AttributeCase,
  text: Spelled | undefined,
  more: Readonly<Record<string, Spelled>> = {},
): Promise<Declared> =>
  loaded({
    'main.mpc.hcl': block(
      one.kind.name,
      'web',
      baseHcl(one, { ...more, ...(text !== undefined && { [one.key]: text }) }),
    ),
  })

/** Many spellings at once: a guest for each, in their order. */
/** A text that starts with NUL is a block, which brings its own name. */
export const declareAll = (one: AttributeCase, texts: readonly Spelled[]): Promise<Declared> =>
  loaded({
    'main.mpc.hcl': texts
      .map((text, index) =>
        block(
          one.kind.name,
          `v${String(index).padStart(3, '0')}`,
          text.startsWith('\0')
            ? { ...without(baseHcl(one), one.key), '': text.slice(1) }
            : baseHcl(one, { [one.key]: text }),
        ),
      )
      .join(''),
  })

/** The same for values that JSON can say, in YAML. */
export const declareYaml = (one: AttributeCase, values: readonly unknown[]): Promise<Declared> =>
  loaded({
    'main.mpc.yaml': JSON.stringify({
      [one.kind.name]: Object.fromEntries(
        values.map((value, index) => [
          `v${String(index).padStart(3, '0')}`,
          { ...BASE[one.kind.name], [one.key]: value },
        ]),
      ),
    }),
  })

/** A guest for each case, with its first value. */
export const declareEach = (cases: readonly AttributeCase[]): Promise<Declared> =>
  loaded({
    'main.mpc.hcl': cases
      .map((one, index) =>
        block(one.kind.name, `v${String(index).padStart(3, '0')}`, baseHcl(one, { [one.key]: HCL(one.one) })),
      )
      .join(''),
  })
