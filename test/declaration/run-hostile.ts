import { writeSync } from 'node:fs'
import { HOSTILE_INPUTS } from './hostile-inputs.ts'
import { load } from './load.ts'

/** What came of one input; a line of JSON on standard output. */
export interface HostileResult {
  readonly name: string
  readonly codes: readonly string[]
  readonly count: number
  /** Places outside the files. */
  readonly misplaced: number
  readonly longest: number
}

for (const name of process.argv.slice(2)) {
  const texts = HOSTILE_INPUTS[name]?.texts() ?? {}
  const { diagnostics } = await load(texts)
  const misplaced = diagnostics.filter(({ range }) => {
    const length = range && Buffer.byteLength(texts[range.filename] ?? '')
    return range && (length === undefined || range.start.byte > length || range.end.byte > length)
  })
  const result: HostileResult = {
    name,
    codes: [...new Set(diagnostics.map(({ code }) => code))],
    count: diagnostics.length,
    misplaced: misplaced.length,
    longest: diagnostics.reduce((most, { detail }) => Math.max(most, detail.length), 0),
  }
  writeSync(1, `${JSON.stringify(result)}\n`)
}
