import { objectOf, STRING, type Type } from '../../eval/type.ts'
import { type Failure, failure, list, object, string, type Value } from '../../eval/value.ts'

interface Reader {
  readonly text: string
  at: number
}

const readQuoted = (reader: Reader): string | undefined => {
  let field = ''
  for (reader.at++; ; ) {
    const quote = reader.text.indexOf('"', reader.at)
    if (quote < 0) return undefined
    field += reader.text.slice(reader.at, quote)
    reader.at = quote + 1
    if (reader.text[reader.at] !== '"') break
    field += '"'
    reader.at++
  }
  const after = reader.text[reader.at]
  return after === undefined || after === ',' || after === '\n' ? field : undefined
}

const readPlain = (reader: Reader): string | undefined => {
  const rest = /[^,\n]*/y
  rest.lastIndex = reader.at
  const field = rest.exec(reader.text)?.[0] ?? ''
  reader.at += field.length
  return field.includes('"') ? undefined : field
}

/** One record, or undefined where its quotes are wrong. */
const readRecord = (reader: Reader): readonly string[] | undefined => {
  const fields: string[] = []
  for (;;) {
    const field = reader.text[reader.at] === '"' ? readQuoted(reader) : readPlain(reader)
    if (field === undefined) return undefined
    fields.push(field)
    const separator = reader.text[reader.at++]
    if (separator !== ',') return fields
  }
}

const readAll = (text: string): readonly (readonly string[])[] | Failure => {
  const reader: Reader = { text: text.replaceAll('\r\n', '\n'), at: 0 }
  const records: (readonly string[])[] = []
  while (reader.at < reader.text.length) {
    if (reader.text[reader.at] === '\n') {
      reader.at++
      continue
    }
    const start = reader.at
    const record = readRecord(reader)
    if (!record)
      return failure(`the quotes are wrong in the record on line ${reader.text.slice(0, start).split('\n').length}`, 0)
    records.push(record)
  }
  return records
}

/** CSV with a header line as a list of objects of strings. */
export const csvValue = (text: string): Value | Failure => {
  const records = readAll(text)
  if ('kind' in records) return records
  const [header, ...rows] = records
  if (!header) return failure('it has no header line', 0)
  const seen = new Set<string>()
  const twice = header.find((name) => seen.has(name) || !seen.add(name))
  if (twice !== undefined) return failure(`the column ${JSON.stringify(twice)} is named twice`, 0)
  const type: Type = objectOf(header.map((name) => [name, STRING] as const))
  const values: Value[] = []
  for (const [index, row] of rows.entries()) {
    if (row.length !== header.length)
      return failure(`record ${index + 1} has ${row.length} fields, but the header has ${header.length}`, 0)
    values.push(object(header.map((name, at) => [name, string(row[at] ?? '')] as const)))
  }
  return list(type, values)
}
