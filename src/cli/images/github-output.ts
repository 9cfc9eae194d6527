/**
 * The outputs of a step of GitHub Actions, which later steps read. A value of several lines is written between lines of
 * a delimiter that is chosen at random, so that no value can end itself and write an output of its own.
 *
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 */
import { randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { UsageError } from '../../domain/errors.ts'

/** Writes nothing where GITHUB_OUTPUT is not set, which is everywhere but in a step. Throws `UsageError`. */
export async function writeOutputs(env: NodeJS.ProcessEnv, outputs: Readonly<Record<string, string>>): Promise<void> {
  const file = env.GITHUB_OUTPUT
  if (!file) return
  await appendFile(file, formatOutputs(outputs)).catch((error: Error) => {
    throw new UsageError(
      `GITHUB_OUTPUT names ${file}, which cannot be written (${error.message}); point it at a file, or unset it.`,
      { cause: error },
    )
  })
}

function formatOutputs(outputs: Readonly<Record<string, string>>): string {
  return Object.entries(outputs)
    .map(([name, value]) => {
      const delimiter = `signalbox-${randomUUID()}`
      return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
    })
    .join('')
}
