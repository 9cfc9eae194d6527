/** The `images` of the configuration in a directory, for the commands that build them and name their tags. */
import { join } from 'node:path'
import { fileFault, isMissing } from '../../adapters/files/file-faults.ts'
import { LONGEST_FILE_BYTES, readRegularFile } from '../../adapters/files/read-regular-file.ts'
import { CONFIG_PATH, type ImageConfig } from '../../domain/config.ts'
import { UsageError } from '../../domain/errors.ts'

/**
 * In an order in which every image comes after those that it needs; none where there is no configuration, or no
 * `images` in it. What it extends is not read: that is another repository's.
 *
 * @throws {UsageError} the configuration is not good, with every problem and its place.
 */
export async function loadImages(directory: string): Promise<readonly ImageConfig[]> {
  const file = join(directory, CONFIG_PATH)
  const source = await readRegularFile(file, LONGEST_FILE_BYTES).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw fileFault(CONFIG_PATH, 'cannot be read', error)
  })
  if (source === null) return []
  const { formatProblem, parseConfig } = await import('../../domain/parse-config.ts')
  const parsed = parseConfig(source, { path: CONFIG_PATH })
  if (parsed.ok) return parsed.config.images
  const problems = parsed.problems.map((problem) => `  ${formatProblem(problem)}`)
  throw new UsageError([`${CONFIG_PATH} is not good:`, ...problems].join('\n'))
}
