type Texts = { readonly [name: string]: string }

/** A text that is out of all proportion, and what must come of it: a code, or `fine` where it is to be read all the same. */
export interface HostileInput {
  readonly texts: () => Texts
  readonly outcome: string
}

const MANY = 100_000

const many = (text: string, times = MANY): string => text.repeat(times)

const hcl = (text: () => string, outcome: string): HostileInput => ({
  texts: () => ({ 'main.mpc.hcl': text() }),
  outcome,
})

const yaml = (text: () => string, outcome: string): HostileInput => ({
  texts: () => ({ 'main.mpc.yaml': text() }),
  outcome,
})

const output = (expression: string): string => `output "x" {\n  value = ${expression}\n}\n`

const value = (expression: string | (() => string), outcome: string): HostileInput =>
  hcl(() => output(typeof expression === 'string' ? expression : expression()), outcome)

/** Locals each of which is made of the one before it. */
const chained = (count: number, next: (before: string) => string, outcome: string, first = '"xx"'): HostileInput => {
  const line = (_: unknown, i: number): string => `  a${i + 1} = ${next(`local.a${i}`)}\n`
  const lines = Array.from({ length: count }, line).join('')
  return hcl(() => `locals {\n  a0 = ${first}\n${lines}}\n${output(`local.a${count}`)}`, outcome)
}

const SYNTAX = 'declaration.syntax'
const LARGE = 'declaration.too-large'
const DEEP = 'declaration.too-deep'
const CALL = 'declaration.function-call'
const FINE = 'fine'

const SQUARE = '[for a in range(1024) : [for b in range(1024) : '

const texts: { readonly [name: string]: HostileInput } = {
  'full splats': value(() => `[]${many('[*]')}`, DEEP),
  'attribute splats': value(() => `[]${many('.*')}`, DEEP),
  indexes: value(() => `a${many('[0]')}`, DEEP),
  conditions: value(() => `${many('true ? 1 : ')}1`, DEEP),
  'conditions without end': value(() => many('true ? '), SYNTAX),
  'directives within one another': value(() => `"${many('%{if true}')}${many('%{endif}')}"`, DEEP),
  'directives never closed': value(() => `"${many('%{if true}')}"`, SYNTAX),
  'loops within one another': value(() => `"${many('%{for x in [1]}')}${many('%{endfor}')}"`, LARGE),
  'missing values': hcl(() => many('a = \n'), SYNTAX),
  'heredocs never closed': hcl(() => output(many('<<E\n')), SYNTAX),
  semicolons: hcl(() => many(';'), SYNTAX),
  'semicolons on lines': hcl(() => many(';\n'), SYNTAX),
  'carriage returns': hcl(() => many('\r'), SYNTAX),
  'null characters': hcl(() => many('\0'), SYNTAX),
  'stray closing brackets': hcl(() => many(']', 1_000_000), SYNTAX),
  'words without sense': hcl(() => many('a b c\n'), SYNTAX),
  'comments never closed': hcl(() => many('/*'), SYNTAX),
  'line breaks': hcl(() => many('\n', 4_194_304), FINE),
  'one attribute twice': hcl(() => `locals {\n${many('a = b\n')}}\n`, SYNTAX),
  interpolations: value(() => `"${many(`x\${1}`, 700_000)}"`, LARGE),
  'fewer interpolations': value(() => `"${many(`x\${1}`, 100_000)}"`, FINE),
  'elements of a list': value(() => `[${many('1,', 300_000)}]`, FINE),
  escapes: value(() => `"${many('\\u0041', 600_000)}"`, FINE),
  'digits of a number': value(() => many('9', 1_000_000), 'declaration.invalid-expression'),
  'a string broken before a long comment': hcl(() => `a = "\n/*${many(' ', 1_000_000)}*/\n`, SYNTAX),
  'YAML tags': yaml(() => many('!!x '), SYNTAX),
  'YAML anchors': yaml(() => many('&a '), SYNTAX),
  'YAML aliases': yaml(() => many('*a '), SYNTAX),
  'YAML aliases of nothing': yaml(() => `locals:\n  a: [${many('*a, ', 20_000)}]\n`, SYNTAX),
  'YAML aliases of one anchor': yaml(() => `locals:\n  x: &a b\n  a: [${many('*a, ', 100_000)}]\n`, FINE),
  'YAML quotes': yaml(() => many('"'), SYNTAX),
  'YAML block scalars': yaml(() => many('a: |\n'), SYNTAX),
  'YAML documents': yaml(() => many('---\n'), SYNTAX),
  'YAML maps within maps': yaml(() => many('a: '), SYNTAX),
  'YAML brackets': yaml(() => many('['), DEEP),
  'a plain YAML scalar of 9 MiB': yaml(() => `a: ${many('x', 9_437_184)}\n`, LARGE),
  'a long YAML block scalar with sequences': yaml(() => `locals:\n  a: |\n${many(`    x \${1}\n`, 50_000)}`, FINE),
  'a YAML alias of itself': yaml(() => 'locals:\n  a: &a [*a]\n  b: &b {<<: *b}\n', LARGE),
  'YAML aliases that multiply': yaml(
    () =>
      `locals:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, i) => `  a${i + 1}: &a${i + 1} [${many(`*a${i}, `, 10)}]\n`).join('')}`,
    LARGE,
  ),
}

const values: { readonly [name: string]: HostileInput } = {
  'texts that double': chained(40, (a) => `"\${${a}}\${${a}}"`, LARGE),
  'lists that double': chained(40, (a) => `[${a}, ${a}]`, LARGE),
  'lists joined to themselves': chained(40, (a) => `concat([${a}], [${a}])`, LARGE),
  'lists flattened': chained(30, (a) => `flatten([${a}, ${a}])`, LARGE),
  'maps that double': chained(40, (a) => `{ a = ${a}, b = ${a} }`, LARGE),
  'merged maps that double': chained(40, (a) => `merge({ a = ${a} }, { b = ${a} })`, LARGE),
  'lists that double and are compared': chained(40, (a) => `[${a}, ${a}] == [${a}, ${a}] ? [${a}, ${a}] : []`, LARGE),
  'lists that double and are marked': chained(40, (a) => `nonsensitive(sensitive([${a}, ${a}]))`, LARGE),
  'values that wrap one another': chained(5000, (a) => `[${a}]`, DEEP),
  'numbers that square': chained(40, (a) => `${a} * ${a}`, 'declaration.invalid-expression', '1e300'),
  'sets of a million strings': hcl(
    () => `vm "x" {\n  for_each = toset(flatten(${SQUARE} "\${a}-\${b}"]]))\n  node = "a"\n}\n`,
    'declaration.invalid-count',
  ),
  'loops four deep': value(`${SQUARE}[for c in range(1024) : [for d in range(1024) : d]]]]`, LARGE),
  'loops without a result': value(`[for a in range(1024) : length(${SQUARE}a]])]`, LARGE),
  'texts joined in loops': value(
    `join("", [for a in range(1024) : join("", [for b in range(1024) : "${many('x', 1000)}"])])`,
    LARGE,
  ),
  'text taken apart in loops': value(`${SQUARE}length("${many('e\u0301', 1000)}")]]`, LARGE),
  'problems in loops': value(`${SQUARE}[1][a + b + 1]]]`, 'declaration.too-many-problems'),
  'suggestions in loops': value(`${SQUARE}try({ ${many('abcdefg = 1, ', 50)} }.abcdefh, 1)]]`, LARGE),
  'a search in loops': value(`${SQUARE}contains(range(1000), "x")]]`, LARGE),
  'JSON in loops': value(`${SQUARE}jsondecode("[1e999,1e999,1e999,1e999,1e999,1e999,1e999,1e999]")]]`, LARGE),
  'fractions in loops': value(`${SQUARE}format("%.999f", 1 / 3)]]`, LARGE),
  'a product of lists': value('setproduct(range(1000), range(1000), range(1000))', LARGE),
  'a product of a million': value('setproduct(range(1000), range(1000))', LARGE),
  'a thousand maps merged': value(
    `length(merge([for i in range(1000) : { for j in range(1000) : "k\${i}-\${j}" => 1 }]...))`,
    FINE,
  ),
  'a range without end': value('range(1e9)', CALL),
  'a huge width': value('format("%1000000000d", 1)', CALL),
  'a huge precision': value('format("%.1000000000f", 1)', CALL),
  'a width from an argument': value('format("%*d", 1000000000, 1)', CALL),
  'widths without number': value(() => `format("${many('%9999s', 10_000)}", ${many('"",', 10_000)})`, LARGE),
  'a long list of long texts': value(`formatlist("%9000s", [for i in flatten(${SQUARE}b]]) : i])`, LARGE),
  'a huge separator': value(() => `join("${many('x', 100_000)}", range(1000))`, LARGE),
  'a replacement that multiplies': value(() => `replace("${many('a', 100_000)}", "a", "${many('b', 1000)}")`, LARGE),
  'a pattern that multiplies': value(() => `replace("${many('a', 100_000)}", "/a/", "${many('b', 1000)}")`, LARGE),
  'an indentation that multiplies': value(() => `indent(9999, "${many('\\n', 1000)}")`, LARGE),
  'a huge indentation': value('indent(1e9, "a\\nb")', CALL),
  'a number too large': value('1e99999999', 'declaration.invalid-expression'),
  'a text too large a number': value('tonumber("1e999999")', CALL),
  'a huge power': value('pow(10, 100000)', FINE),
  'a number of many digits': value(() => `parseint("${many('9', 200_000)}", 10)`, CALL),
  'a subnet too many': value('cidrsubnets("10.0.0.0/8", 99999999)', CALL),
  'blanks around blanks': value(() => `length(trimspace("${many(' ')}x${many(' ')}x"))`, FINE),
  'line breaks at the end': value(() => `length(chomp("${many('\\n')}x${many('\\n')}x"))`, FINE),
  'nested repetition': value(() => `regex("(a+)+$", "${many('a', 50_000)}b")`, CALL),
  'a pattern that matches nothing everywhere': value(() => `length(regexall("", "${many('a')}"))`, FINE),
  'a pattern that looks ahead': value(() => `regexall("a.*b|a", "${many('a')}")`, LARGE),
  'a pattern with repetitions in repetitions': value('regex("((((a{1000}){1000}){1000}){1000})", "a")', CALL),
  'a pattern written out': value(() => `regex("${many('(a?){1000}', 100)}", "a")`, LARGE),
  'brackets of a pattern': value(() => `regex("${many('(', 50_000)}", "a")`, CALL),
  'deep JSON': value(() => `jsondecode("${many('[')}")`, CALL),
  'deep YAML': value(() => `yamldecode("${many('[')}")`, CALL),
  'YAML lists within lists': value(() => `yamldecode("${many('- ')}")`, CALL),
  'YAML of itself': value('yamldecode("a: &a [*a]")', CALL),
  'YAML with many keys': value(
    () => `length(yamldecode("${Array.from({ length: 50_000 }, (_, i) => `k${i}: 1\\n`).join('')}"))`,
    FINE,
  ),
  'CSV with many columns': value(
    () => `length(csvdecode("${Array.from({ length: 50_000 }, (_, i) => `c${i}`).join(',')}\\n"))`,
    FINE,
  ),
  'CSV quotes': value(() => `csvdecode("${many('\\"', 99_999)}")`, CALL),
  'a long pattern of files': value(() => `fileset(".", "${many('**/', 1000)}x")`, FINE),
  'alternatives in a pattern of files': value(() => `fileset(".", "${many('{a,b}', 40)}")`, FINE),
  'stars in a pattern of files': {
    texts: () => ({ 'main.mpc.hcl': output(`fileset(".", "${many('*a', 40)}b")`), [many('a', 250)]: '' }),
    outcome: FINE,
  },
  'maps compared': value(
    '{ for i in range(1000) : i => range(1000) } == { for i in range(1000) : i => range(1000) }',
    FINE,
  ),
  'a list searched for each of another': value(
    `matchkeys(flatten(${SQUARE}a]]), flatten(${SQUARE}a]]), flatten(${SQUARE}b]]))`,
    LARGE,
  ),
  'a template of 10 MB': {
    texts: () => ({ 'main.mpc.hcl': output('templatefile("t.tpl", {})'), 't.tpl': many(`x\${1}`, 2_097_152) }),
    outcome: CALL,
  },
  'a template that reads itself': {
    texts: () => ({ 'main.mpc.hcl': output('templatefile("t.tpl", {})'), 't.tpl': `\${templatefile("t.tpl", {})}` }),
    outcome: CALL,
  },
  'a template with loops in loops': {
    texts: () => ({
      'main.mpc.hcl': output('templatefile("t.tpl", { a = range(1024) })'),
      't.tpl': '%{for x in a}%{for y in a}%{for z in a}%{endfor}%{endfor}%{endfor}',
    }),
    outcome: LARGE,
  },
  'text of 10 MB as a template': hcl(
    () =>
      `locals {\n  s = join("", [for i in range(1000) : "${many('x', 10_000)}"])\n}\n${output('templatestring(local.s, {})')}`,
    LARGE,
  ),
}

const vm = (inside: string): string => `vm "x" {\n  node = "a"\n${inside}}\n`

const modules: { readonly [name: string]: HostileInput } = {
  'a count of a thousand million': hcl(() => vm('  count = 1000000000\n'), 'declaration.invalid-count'),
  'blocks without number': hcl(
    () =>
      vm(
        '  dynamic "disk" {\n    for_each = flatten([for a in range(1024) : range(1024)])\n    content {\n      size = "1G"\n    }\n  }\n',
      ),
    'declaration.invalid-count',
  ),
  'a module that calls itself': hcl(() => 'module "x" {\n  source = "./"\n}\n', 'declaration.invalid-module'),
  'modules that call one another': {
    texts: () => ({
      'main.mpc.hcl': 'module "x" {\n  source = "./m"\n}\n',
      'm/main.mpc.hcl': 'module "y" {\n  source = "../m"\n}\n',
    }),
    outcome: 'declaration.invalid-module',
  },
  'a count within a count within a count': {
    texts: () => ({
      'main.mpc.hcl': 'module "a" {\n  source = "./b"\n  count = 1000\n}\n',
      'b/main.mpc.hcl': 'module "b" {\n  source = "../c"\n  count = 1000\n}\n',
      'c/main.mpc.hcl': vm('  count = 1000\n'),
    }),
    outcome: LARGE,
  },
  'modules that double': {
    texts: () =>
      Object.fromEntries([
        ...Array.from({ length: 18 }, (_, i) => [
          i === 0 ? 'main.mpc.hcl' : `m${i}/main.mpc.hcl`,
          ['a', 'b'].map((name) => `module "${name}" {\n  source = "${i === 0 ? './' : '../'}m${i + 1}"\n}\n`).join(''),
        ]),
        ['m18/main.mpc.hcl', 'locals {\n  a = 1\n}\n'],
      ]),
    outcome: LARGE,
  },
}

/** Declarations that are not to crash mpc, hang it, or take more memory than their share. */
export const HOSTILE_INPUTS: { readonly [name: string]: HostileInput } = { ...texts, ...values, ...modules }
