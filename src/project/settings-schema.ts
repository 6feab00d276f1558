import { isGroup, type SettingFacts, type SettingGroup, settingGroup } from './setting-facts.ts'

type Json = { readonly [key: string]: unknown }

const settingSchema = (facts: SettingFacts): Json => {
  const { description, example, minimum, maximum, pattern } = facts
  if (facts.type === 'command')
    return {
      description,
      anyOf: [
        { type: 'array', items: { type: 'string' }, minItems: 1 },
        { type: 'string', minLength: 1, pattern: '^[^"\'$|;<>`\\\\]+$' },
      ],
    }
  if (facts.type === 'guests')
    return {
      description,
      type: ['array', 'null'],
      items: {
        anyOf: [
          { type: 'integer', minimum: 100, maximum: 999_999_999 },
          { type: 'string', minLength: 1 },
        ],
      },
    }
  return {
    description,
    type: [facts.type, 'null'],
    ...(facts.type === 'string' && { minLength: 1, examples: [example] }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(pattern !== undefined && { pattern }),
  }
}

const groupSchema = ({ description, settings }: SettingGroup): Json => ({
  description,
  type: ['object', 'null'],
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(settings).map(([name, entry]) => [name, isGroup(entry) ? groupSchema(entry) : settingSchema(entry)]),
  ),
})

/** JSON Schema (draft 2020-12) of `.proxmox/config.yml`, for editors: what stands in `schemas/settings.schema.json`. */
export const settingsSchema = (): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'mpc settings',
  ...groupSchema(settingGroup),
})
