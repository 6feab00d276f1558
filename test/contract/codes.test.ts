import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes } from '../../src/diagnostic/codes.ts'

const all = Object.keys(codes)

const textsBelow = (folder: string, wanted: RegExp): readonly { readonly path: string; readonly text: string }[] =>
  readdirSync(join(process.cwd(), folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => wanted.test(file))
    .map((file) => ({ path: join(folder, file), text: readFileSync(join(process.cwd(), folder, file), 'utf8') }))

/** The code as a whole: not as the beginning of a longer one. */
const mentions = (text: string, code: string): boolean =>
  new RegExp(`\\b${code.replaceAll('.', '\\.')}(?![\\w-])`).test(text)

const unmentioned = (texts: readonly { readonly text: string }[]): readonly string[] => {
  const whole = texts.map(({ text }) => text).join('\n')
  return all.filter((code) => !mentions(whole, code))
}

test('every code is raised somewhere', () => {
  const sources = textsBelow('src', /\.tsx?$/).filter(({ path }) => !path.includes(join('diagnostic', 'codes')))
  assert.equal(unmentioned(sources), [])
})

test('every code is expected by some test or golden file', () => {
  assert.equal(unmentioned([...textsBelow('test', /\.tsx?$/), ...textsBelow('fixtures', /\.(?:json|txt)$/)]), [])
})

test('a code is an area and a few words', () => {
  assert.equal(
    all.filter((code) => !/^[a-z]+\.[a-z]+(?:-[a-z]+)*$/.test(code)),
    [],
  )
})

test('a summary is a short phrase that is the same every time', () => {
  for (const [code, { summary }] of Object.entries(codes)) {
    assert.match(summary, /^[A-Z][^.:`"{}$]+[^.:!?\s]$/, code)
    assert.ok(summary.length <= 60, code)
  }
})

test('where the area is the same, no two summaries are', () => {
  const seen = all.map(
    (code) =>
      `${code.split('.')[0]}: ${codes[code as keyof typeof codes].severity}: ${codes[code as keyof typeof codes].summary}`,
  )
  assert.equal(
    seen.filter((one, index) => seen.indexOf(one) !== index),
    [],
  )
})

test.run()
