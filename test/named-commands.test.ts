import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CommandSpec, OptionSpec } from '../src/cli/program/command-spec.ts'
import { COMMANDS, GLOBAL_OPTIONS } from '../src/cli/program/command-table.ts'

/** What a text may call a command: every message, hint and page is held to the command table. */
const specs: readonly CommandSpec[] = COMMANDS
const commands = new Map(specs.flatMap((spec) => [spec.name, spec.alias ?? spec.name].map((name) => [name, spec])))
const flagsOf = (options: readonly OptionSpec[]): readonly string[] =>
  options.flatMap(({ flags }) => flags.match(/--[a-z][a-z-]+/g) ?? [])
const everywhere = new Set(['--help', '--version', ...flagsOf(GLOBAL_OPTIONS)])
const ofAnyCommand = new Set([...everywhere, ...specs.flatMap(({ options }) => flagsOf(options))])

/** "mpc cannot …" and "mpc runs …" are sentences, not commands; within quotes of code there are none. */
const SENTENCE =
  /^(?:[a-z]+s|[a-z]+ed|a|again|alone|and|as|at|before|can|cannot|choose|did|ever|gave|had|have|in|instead|itself|last|left|made|may|neither|never|ran|restart|set|that|took|workspace|would|wrote)$/

/** What stands before a command that a sentence tells people to type; anywhere else `mpc` is who acts. */
const TOLD = /(?:['"`:]|\\n|\b(?:[Rr]un|with|by|[Tt]ry|[Ss]ee|then|[Uu]se|or))\s?$/

/** Commands of others, whose options are their own, and those of `pveum` that are put together from parts. */
const OTHERS =
  /\b(?:ansible-galaxy|ansible-playbook|curl|diff|esbuild|git|ha-manager|lxc-checkpoint|lxc-stop|node|npm|openssl|pct|pvesh|pvesr|pveum|qemu-img|qm|terraform|vzdump)\b[^`\n]*$/
const OF_PVEUM = new Set(['--users', '--tokens', '--privsep'])

/** A command line ends with its quotes, at another one beside it, or with its sentence. */
const END = /`|\n|\\n|'$|' |"| {3}or {3}|; |\. |, (?:which|and|or|for) /

type Wrong = { readonly text: string; readonly why: string }

/** `code` begins a command line: in a source it is an escaped quote, since a bare one begins any text. */
const wrongCommands = (text: string, code: RegExp): readonly Wrong[] =>
  [...text.matchAll(/(?<![\w/.-])(\\?`|\$ )?mpc ([a-z][a-z-]*)\b([^\n]*)/g)].flatMap(
    ({ 0: all, 1: quote = '', 2: word = '', 3: rest = '', index }) => {
      const spec = commands.get(word)
      const isTold = TOLD.test(text.slice(Math.max(0, index - 8), index))
      const isSentence = !code.test(quote) && (!isTold || SENTENCE.test(word))
      if (spec === undefined) return isSentence ? [] : [{ text: all, why: `no command ${word}` }]
      const line = rest.split(END)[0] ?? ''
      const known = new Set([...everywhere, ...flagsOf(spec.options)])
      return (line.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
        .filter((flag) => !known.has(flag))
        .map((flag) => ({ text: all, why: `mpc ${word} has no ${flag}` }))
    },
  )

const wrongOptions = (text: string): readonly Wrong[] =>
  text.split('\n').flatMap((line) =>
    [...line.matchAll(/(?<![\w-]|&& )--[a-z][a-z-]+/g)]
      .filter(({ 0: flag }) => !ofAnyCommand.has(flag) && !OF_PVEUM.has(flag))
      .filter(({ index }) => !OTHERS.test(line.slice(0, index)))
      .map(({ 0: flag }) => ({ text: line.trim(), why: `no option ${flag}` })),
  )

const wrongInSource = (text: string) => [...wrongCommands(text, /^\\`/), ...wrongOptions(text)]
const wrongInPage = (text: string) => [...wrongCommands(text, /^[`$]/), ...wrongOptions(text)]

const filesBelow = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(process.cwd(), folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => join(folder, file).replaceAll('\\', '/'))

test('the check sees commands and options that do not exist, and lets sentences be', () => {
  const whys = (text: string) => wrongInSource(text).map(({ why }) => why)
  assert.equal(whys('write it with \\`mpc imports\\`'), ['no command imports'])
  assert.equal(
    wrongInPage('Write it with `mpc imports`.').map(({ why }) => why),
    ['no command imports'],
  )
  assert.equal(whys("hint: 'mpc gc'"), ['no command gc'])
  assert.equal(whys('Run mpc plan --auto-approve.'), ['mpc plan has no --auto-approve'])
  assert.equal(whys('leave it out with `--omit vm.web`'), ['no option --omit'])
  assert.equal(whys('Write it with mpc adopt.'), ['no command adopt'])
  assert.equal(whys('All that mpc knew is kept.'), [])
  assert.equal(whys('mpc cannot renumber a guest; mpc knows the rest'), [])
  assert.equal(whys('`mpc recover --undo   or   mpc recover --finish`, or `ha-manager set vm:1 --state ignored`'), [])
})

test('every command and option that a message or a comment names exists', () => {
  const sources = filesBelow('src', /\.tsx?$/).filter((file) => !file.startsWith('src/simulator/'))
  assert.equal(
    sources.flatMap((file) => wrongInSource(readFileSync(file, 'utf8')).map((wrong) => ({ file, ...wrong }))),
    [],
  )
})

test('every command and option that a page names exists', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...['docs', 'examples', 'schemas', 'src'].flatMap((folder) => filesBelow(folder, /\.(?:md|hcl|yaml)$/)),
  ]
  assert.ok(pages.length > 15)
  assert.equal(
    pages.flatMap((file) => wrongInPage(readFileSync(file, 'utf8')).map((wrong) => ({ file, ...wrong }))),
    [],
  )
})

test.run()
