/** The bound of one line of a comment: longer ones nobody reads, and strangers choose what is in many of them. */
const MAX_LINE = 300

/** A line that somebody reads. */
export function clip(text: string): string {
  return text.length <= MAX_LINE ? text : `${text.slice(0, MAX_LINE - 1).toWellFormed()}…`
}
