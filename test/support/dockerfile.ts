/** What stands in a Dockerfile, for tests that look at its instructions. */
export interface Instruction {
  readonly name: string
  /** With its lines joined, as Docker hands them to a shell. */
  readonly value: string
}

/** The instructions of a Dockerfile without here-documents. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !/^\s*#/.test(line))
  const joined = lines.join('\n').replaceAll(/\\\n/g, '')
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', value: line.slice(line.indexOf(' ') + 1) }))
}

/** The scripts that a shell runs. */
export function scriptsOf(dockerfile: string): string[] {
  return instructionsOf(dockerfile)
    .filter(({ name, value }) => name === 'RUN' && !value.startsWith('['))
    .map(({ value }) => value)
}

/** The one script of the Dockerfile that holds a text. */
export function scriptWith(dockerfile: string, text: string): string {
  const [script, ...more] = scriptsOf(dockerfile).filter((candidate) => candidate.includes(text))
  if (script === undefined || more.length > 0) throw new Error(`${more.length + 1} scripts hold ${text}`)
  return script
}
