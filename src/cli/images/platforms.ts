/** The value of `--platform`. */
import { UsageError } from '../../domain/errors.ts'

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/

/** Each platform once. Null: the flag was not given. */
export function readPlatforms(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null
  const platforms = [...new Set(text.split(',').map((platform) => platform.trim()))]
  const wrong = platforms.find((platform) => !PLATFORM.test(platform))
  if (wrong === undefined) return platforms
  throw new UsageError(
    `--platform has ${JSON.stringify(wrong)}, which is no platform; write such as linux/amd64,linux/arm64.`,
  )
}
