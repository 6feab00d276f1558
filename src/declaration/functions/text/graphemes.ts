/** Made when the first text needs it: that takes milliseconds, and hardly any does. */
const made: { segmenter?: Intl.Segmenter } = {}

const charactersOf = (text: string): readonly string[] => {
  made.segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(made.segmenter.segment(text), ({ segment }) => segment)
}

/** Text of which each unit is a character of its own, as most is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII but the carriage return, which joins the line feed behind it
const SIMPLE = /^[\x00-\x0c\x0e-\x7f]*$/

/** The characters of a text as a person counts them. */
export const graphemesOf = (given: string): readonly string[] =>
  SIMPLE.test(given) ? given.split('') : charactersOf(given)

/** Weight of functions that part text into characters. */
export const SEGMENTING = 128
