/** What templates do with values: each writes a value so that it stays one value of its instruction. */

/** What means itself in an instruction and in a shell. */
const PLAIN = /^[\w./@+-]+$/

export const dockerfileFilters = {
  /** Arguments of `COPY`: with spaces between them, or as JSON when one has a space itself. */
  arguments: (values: readonly string[]): string => (values.every(isPlain) ? values.join(' ') : exec(values)),
  exec,
  json,
  /** A word of a shell's command. */
  quoted: (text: string): string => (isPlain(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`),
  concat: (values: readonly string[], ...more: readonly (readonly string[])[]): string[] => [...values, ...more.flat()],
}

/** The exec form of an instruction. */
function exec(values: readonly string[]): string {
  return `[${values.map(json).join(', ')}]`
}

/** One line of JSON, in which BuildKit finds no `<<` that would begin a here-document. */
function json(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c')
}

function isPlain(text: string): boolean {
  return PLAIN.test(text)
}
