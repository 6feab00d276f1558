import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseDocument, stringify } from 'yaml'
import { FAILED } from '../../src/declaration/eval/value.ts'
import { formatHcl } from '../../src/declaration/format/format-hcl.ts'
import { formatYaml } from '../../src/declaration/format/format-yaml.ts'
import { yamlLexemes } from '../../src/declaration/format/yaml-lexemes.ts'
import { loadDeclarations } from '../../src/declaration/load-declarations.ts'
import { lookupsOf } from '../../src/declaration/lookups-of.ts'
import { hclGrammar } from '../../src/declaration/syntax/hcl/grammar.ts'
import { lexHcl } from '../../src/declaration/syntax/hcl/lexer.ts'
import { parseHclWith } from '../../src/declaration/syntax/hcl/parse-hcl.ts'
import { fileSource } from '../../src/declaration/syntax/source.ts'
import { hasErrors } from '../../src/diagnostic/diagnostic.ts'
import { nodeFiles } from '../../src/io/node-files.ts'
import { generatedFile } from './generated-hcl.ts'
import { generatedYaml } from './generated-yaml.ts'
import { seeded } from './random.ts'

const root = process.cwd()

const filesBelow = (folder: string, extension: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file))
    .sort()

const hclTexts = (): readonly string[] =>
  ['examples', 'fixtures/declarations/valid', 'fixtures/declarations/format'].flatMap((folder) =>
    filesBelow(folder, '.hcl').map((file) => readFileSync(join(root, file), 'utf8')),
  )

const yamlTexts = (): readonly string[] =>
  ['examples', 'fixtures/declarations/valid', 'fixtures/declarations/format'].flatMap((folder) =>
    filesBelow(folder, '.yaml').map((file) => readFileSync(join(root, file), 'utf8')),
  )

const formattedHcl = async (text: string): Promise<string> => {
  const { value, diagnostics } = await formatHcl('test.hcl', text)
  assert.equal(diagnostics, [])
  return value ?? ''
}

/** Numbers from 0 to 1, the same each time. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The same file with its blanks thrown about. Tokens, line breaks and the text of templates stay. */
const untidied = (text: string, random: () => number): string => {
  const { tokens } = lexHcl(text)
  let out = ''
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1]
    const fixed = before && ['text', 'quote-open', 'heredoc-open'].includes(before.type)
    const inText = ['text', 'quote-close', 'heredoc-close'].includes(token.type) || fixed
    const gap = before ? token.start - before.end : 0
    const isWord = (type?: string) => type === 'identifier' || type === 'number'
    const needed = gap > 0 && isWord(before?.type) && (isWord(token.type) || token.type === 'operator') ? 1 : 0
    if (token.type === 'template-open' || inText || before?.type === 'template-close')
      out += text.slice(before?.end ?? 0, token.start)
    else if (gap > 0 || before?.type === 'newline') out += ' '.repeat(Math.max(needed, Math.floor(random() * 4)))
    out += text.slice(token.start, token.end)
  }
  return out
}

/** What `terraform fmt` makes of each text; undefined for one it refuses. Undefined as a whole: there is no terraform. */
const terraformFormatted = (texts: readonly string[]): readonly (string | undefined)[] | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-terraform-fmt-'))
  try {
    for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${index}.tf`), text)
    const { error, stderr } = spawnSync('terraform', ['fmt', '-no-color', folder], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' },
    })
    if (error) return undefined
    const refused = new Set(Array.from(stderr.matchAll(/on \S*?(\d+)\.tf line/g), ([, index]) => Number(index)))
    return texts.map((_, index) => (refused.has(index) ? undefined : readFileSync(join(folder, `${index}.tf`), 'utf8')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const grammar = await hclGrammar()

/** Beyond limits of ours, or, as `a[true]`, broken by terraform fmt itself, which writes `a[]`. */
const isNoMeasure = (expected: string): boolean =>
  parseHclWith(grammar, fileSource('f', expected)).diagnostics.length > 0

const comparedWithTerraform = async (texts: readonly string[]): Promise<number | undefined> => {
  const expected = terraformFormatted(texts)
  if (!expected) {
    assert.not(process.env['CI'] === 'true', 'CI has terraform')
    console.log('skipped: terraform is not installed, so its layout cannot be compared with')
    return undefined
  }
  let compared = 0
  for (const [index, text] of texts.entries()) {
    const wanted = expected[index]
    if (wanted === undefined || isNoMeasure(wanted)) continue
    assert.is(await formattedHcl(text), wanted, text)
    compared++
  }
  return compared
}

test('HCL is laid out as terraform fmt lays it out', async () => {
  const random = randomFrom(20)
  const originals = hclTexts()
  const texts = [
    ...originals,
    ...Array.from({ length: 20 }, () => originals.map((text) => untidied(text, random))).flat(),
  ]
  assert.ok(texts.length >= 100)
  const compared = await comparedWithTerraform(texts)
  assert.ok(compared === undefined || compared === texts.length, `${compared} of ${texts.length} compared`)
})

test('every HCL file of the repository that terraform fmt takes, and 600 generated ones, come out as from it', async () => {
  const random = seeded(1_114)
  const files = ['examples', 'fixtures', 'test'].flatMap((folder) => filesBelow(folder, '.hcl'))
  const generated = Array.from({ length: 600 }, () => generatedFile(random)).filter((text) => text.trim() !== '')
  const texts = [...files.map((file) => readFileSync(join(root, file), 'utf8')), ...generated]
  const compared = await comparedWithTerraform(texts)
  assert.ok(compared === undefined || compared > texts.length * 0.8, `${compared} of ${texts.length} compared`)
  for (const text of generated) {
    const { value: once } = await formatHcl('test.hcl', text)
    if (once !== undefined) assert.is(await formattedHcl(once), once, text)
  }
})

test('formatting HCL twice is formatting it once', async () => {
  const random = randomFrom(3)
  for (const text of hclTexts()) {
    const once = await formattedHcl(untidied(text, random))
    assert.is(await formattedHcl(once), once)
  }
})

test('untidy blanks never change what comes out', async () => {
  const random = randomFrom(4)
  for (const text of hclTexts()) assert.is(await formattedHcl(untidied(text, random)), await formattedHcl(text))
})

type Change = (name: string, text: string) => string | Promise<string>

/** What `data` blocks find here: nothing that is known, and nothing that is wrong. */
const lookups = {
  ...lookupsOf({ cluster: { name: '', version: '' }, nodes: [], storages: [], pools: [], guests: [] }),
  find: () => FAILED,
}

/** What a folder declares, without the places where it does, each declaration file changed before it is read. */
const meaningOf = async (folder: string, paths: readonly string[], change: Change): Promise<unknown> => {
  const { value, diagnostics } = await loadDeclarations({
    folder,
    paths,
    files: {
      ...nodeFiles,
      readText: async (path) => {
        const text = await nodeFiles.readText(path)
        return /\.mpc\.(?:hcl|yaml)$/.test(path) ? change(path, text) : text
      },
    },
    env: {},
    lookups,
    fingerprintKey: 'format',
    now: new Date(0),
  })
  assert.equal(hasErrors(diagnostics), false, JSON.stringify(diagnostics[0]))
  return JSON.parse(JSON.stringify(value?.desired, (key, inner) => (key === 'range' ? undefined : inner)))
}

const untidy: Change = (name, text) =>
  name.endsWith('.hcl')
    ? untidied(text, randomFrom(5))
    : stringify(parse(text), { indent: 5, flowCollectionPadding: false })

const tidied: Change = async (name, text) => {
  const before = await untidy(name, text)
  const after = name.endsWith('.hcl') ? await formattedHcl(before) : formatYaml(name, before).value
  assert.not.equal(after, before)
  return after ?? ''
}

test('formatted declarations declare what they declared before', async () => {
  for (const name of readdirSync(join(root, 'examples'))) {
    const folder = join(root, 'examples', name)
    if (!readdirSync(folder).some((file) => /\.mpc\.(?:hcl|yaml)$/.test(file))) continue
    assert.equal(await meaningOf(folder, [], tidied), await meaningOf(folder, [], untidy), name)
  }
  const valid = join(root, 'fixtures', 'declarations', 'valid')
  for (const file of readdirSync(valid))
    assert.equal(await meaningOf(valid, [file], tidied), await meaningOf(valid, [file], untidy), file)
})

test('what is said in fewer words means the same', async () => {
  const wordy = `variable "n" {\n  type    = "string"\n  default = "a"\n}\n\nvm web {\n  node = "\${"pve1"}"\n  name = "\${\n    var.n\n  }"\n}\n`
  const valid = join(root, 'fixtures', 'declarations', 'valid')
  const meaning = (text: string) => meaningOf(valid, ['defaults.mpc.hcl'], () => text)
  assert.equal(await meaning(await formattedHcl(wordy)), await meaning(wordy))
})

const commentsOf = (text: string): readonly string[] =>
  lexHcl(text).tokens.flatMap(({ type, start, end }) => (type === 'comment' ? [text.slice(start, end).trim()] : []))

test('every comment of an HCL file is kept', async () => {
  for (const text of hclTexts()) assert.equal(commentsOf(await formattedHcl(text)), commentsOf(text))
})

test('the examples and valid fixtures are formatted', async () => {
  for (const folder of ['examples', 'fixtures/declarations/valid']) {
    for (const file of filesBelow(folder, '.hcl')) {
      const text = readFileSync(join(root, file), 'utf8')
      assert.is(await formattedHcl(text), text, file)
    }
    for (const file of filesBelow(folder, '.yaml')) {
      const text = readFileSync(join(root, file), 'utf8')
      assert.is(formatYaml(file, text).value, text, file)
    }
  }
})

const cases: readonly (readonly [what: string, before: string, after: string])[] = [
  ['aligns the equals signs of neighbouring lines', 'a=1\nbcd   = 2\n\ne = 3\n', 'a   = 1\nbcd = 2\n\ne = 3\n'],
  ['aligns comments behind values', 'a = 1 # x\nbcd = 22 // y\n', 'a   = 1  # x\nbcd = 22 // y\n'],
  ['quotes labels', 'vm web {\n}\n', 'vm "web" {\n}\n'],
  ['removes needless interpolation', `a = "\${var.x}"\n`, 'a = var.x\n'],
  ['keeps what spans lines in parentheses', `a = "\${\n  x\n  ? y : z\n}"\n`, 'a = (x\n? y : z)\n'],
  ['tells a sign from a subtraction', 'a = - 1\nb = 2 -1\nc = (- x)\n', 'a = -1\nb = 2 - 1\nc = (-x)\n'],
  ['leaves heredocs alone', `a = <<EOT\n   x \${ y }\nEOT\n`, `a = <<EOT\n   x \${y}\nEOT\n`],
  ['keeps blank lines', 'a = 1\n\n\n\nb = 2\n', 'a = 1\n\n\n\nb = 2\n'],
  ['ends a file with a line break', 'a = 1', 'a = 1\n'],
  ['leaves an empty file empty', '', ''],
  [
    'modernises the types of old Terraform',
    'variable "x" {\n  type = "list"\n}\n',
    'variable "x" {\n  type = list(string)\n}\n',
  ],
  ['drops a byte-order mark', '\uFEFFa=1\n', 'a = 1\n'],
]

for (const [what, before, after] of cases)
  test(`fmt ${what}`, async () => {
    assert.is(await formattedHcl(before), after)
  })

test('HCL with a syntax error is not formatted', async () => {
  const { value, diagnostics } = await formatHcl('test.hcl', 'a = \nb = 1\n')
  assert.is(value, undefined)
  assert.equal(
    diagnostics.map(({ code, range }) => [code, range?.start.line]),
    [['declaration.syntax', 1]],
  )
})

const MESSY_YAML = `# first
vm:
    # about web
    web:
        cores:   2 # two
        tags: [ a,b ,  "c" ]
        net0: {bridge: vmbr0,tag: 20}
        args: 0x1F
        memory: 2048
        size: 1.50
        balloon: 12345678901234567890
        description: |
            one
              two
        none:
        no: ~
        quoted: 'single'
        ref: &x { a: 1 }
        same: *x
    # about the next


    db:
      cores: 1
# last
`

const TIDY_YAML = `# first
vm:
  # about web
  web:
    cores: 2 # two
    tags: [a, b, "c"]
    net0: { bridge: vmbr0, tag: 20 }
    args: 0x1F
    memory: 2048
    size: 1.50
    balloon: 12345678901234567890
    description: |
      one
        two
    none:
    no: ~
    quoted: 'single'
    ref: &x { a: 1 }
    same: *x
  # about the next


  db:
    cores: 1
# last
`

test('YAML is laid out in one style, with its comments and spellings', () => {
  assert.is(formatYaml('test.yaml', MESSY_YAML).value, TIDY_YAML)
  assert.is(formatYaml('test.yaml', TIDY_YAML).value, TIDY_YAML)
  assert.equal(parse(TIDY_YAML), parse(MESSY_YAML))
})

test('formatting YAML keeps its meaning, and twice is once', () => {
  for (const text of yamlTexts()) {
    const once = formatYaml('test.yaml', text).value ?? ''
    assert.equal(parse(once), parse(text))
    assert.is(formatYaml('test.yaml', once).value, once)
  }
})

const yamlComments = (text: string): readonly string[] =>
  yamlLexemes(text).flatMap(({ text: lexeme, scalar }) => (!scalar && lexeme.startsWith('#') ? [lexeme.trim()] : []))

const yamlMeaning = (text: string): unknown =>
  parseDocument(text, { merge: true, uniqueKeys: false }).toJS({ maxAliasCount: -1 })

test('500 generated YAML files keep their meaning and their comments, and formatting them twice is once', () => {
  const random = seeded(711)
  for (let i = 0; i < 500; i++) {
    const text = generatedYaml(random)
    const { value: once, diagnostics } = formatYaml('test.yaml', text)
    assert.equal(diagnostics, [], text)
    assert.equal(yamlMeaning(once ?? ''), yamlMeaning(text), text)
    assert.equal(yamlComments(once ?? ''), yamlComments(text.replaceAll('\r\n', '\n')), text)
    assert.is(formatYaml('test.yaml', once ?? '').value, once, text)
  }
})

test('a comment behind a key stays behind it', () => {
  const text = 'vm: # all of them\n  web: # the front\n    # about cores\n    cores: 2\n'
  assert.is(formatYaml('test.yaml', text).value, text)
})

test('YAML with a syntax error, or with two documents, is not formatted', () => {
  for (const text of ['a: "x\n', 'a: [1\n', '---\na: 1\n---\nb: 2\n']) {
    const { value, diagnostics } = formatYaml('test.yaml', text)
    assert.is(value, undefined)
    assert.is(diagnostics[0]?.code, 'declaration.syntax')
    assert.ok(diagnostics[0]?.range)
  }
})

test('comments alone, nothing at all, and a byte-order mark survive in YAML', () => {
  assert.is(formatYaml('test.yaml', '# only\n').value, '# only\n')
  assert.is(formatYaml('test.yaml', '\n').value, '')
  assert.is(formatYaml('test.yaml', '\uFEFFa:  1\n').value, '\uFEFFa: 1\n')
})

test.run()
