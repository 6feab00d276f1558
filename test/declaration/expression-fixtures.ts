import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = 'fixtures/expressions'

/** What an expression comes to: its value as JSON inside a list and its type, or that it fails. */
export type Outcome = { readonly value: string; readonly type: string } | 'fails'

/** All expressions of the fixtures: one a line, or several lines between `---`. */
export const fixtureExpressions = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(FOLDER, name), 'utf8')
      return name === 'multiline.txt' ? text.split(/^---\n/m) : text.split('\n').filter((line) => line !== '')
    })

/** What Terraform said when the fixtures were last brought up to date. */
export const recordedOutcomes = (): { readonly [expression: string]: Outcome } =>
  JSON.parse(readFileSync(join(FOLDER, 'terraform.json'), 'utf8'))

export const RECORD = join(FOLDER, 'terraform.json')
export const FILES = join(FOLDER, 'files')
