/**
 * What a terminal would obey instead of showing it: control characters but line feed and tab, and marks that turn the direction of writing.
 */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

const spelled = (character: string): string =>
  character === '\n' || character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Text from a server or a file, as text: what a terminal would obey is shown by its code. Line feeds and tabs stay. */
export const visible = (text: string): string => text.replace(HIDDEN, spelled)

/** The same for what is to be one line. */
export const visibleLine = (text: string): string =>
  visible(text).replace(/[\n\t]/g, (character) => (character === '\n' ? '\\n' : '\\t'))

/** Our own colours, and what a terminal would obey besides them. */
const OURS_OR_HIDDEN = new RegExp(`\\u001b\\[(?:[12]|22|3[1-69])m|${HIDDEN.source}`, 'gu')

/** Text that has been painted already: the colours stay, everything else that a terminal would obey is shown by its code. */
export const visiblePainted = (text: string): string =>
  text.replace(OURS_OR_HIDDEN, (found) => (found.length > 1 ? found : spelled(found)))

/** JSON whose texts a terminal does not obey; it means the same. */
export const visibleJson = (value: unknown): string => JSON.stringify(value).replace(HIDDEN, spelled)
