import { basename, dirname } from 'node:path'
import type { Files, Io } from '../../io/io.ts'

/** Texts of files that are not written yet, by absolute path. */
export type Drafts = ReadonlyMap<string, string>

/** The files as they would be with drafts in their places. */
export const withDrafts = (files: Files, drafts: Drafts): Files => ({
  ...files,
  readText: async (path, options) => drafts.get(path) ?? files.readText(path, options),
  exists: async (path) => drafts.has(path) || files.exists(path),
  list: async (path) => {
    const there = await files.list(path)
    const known = new Set(there.map(({ name }) => name))
    const added = [...drafts.keys()].filter((file) => dirname(file) === path && !known.has(basename(file)))
    return [...there, ...added.map((file) => ({ name: basename(file), kind: 'file' as const }))].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )
  },
})

/** Answers the same question only once to a person. */
export const rememberingInput = (stdin: Io['stdin']): Io['stdin'] => {
  const answers = new Map<string, string>()
  return {
    ...stdin,
    ask: async (question, options) => {
      const known = answers.get(question)
      if (known !== undefined) return known
      const answer = await stdin.ask(question, options)
      if (answer !== undefined) answers.set(question, answer)
      return answer
    },
  }
}
