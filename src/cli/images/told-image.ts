/** How the leg that this process works for was told to build an image, if it is one of Signalbox's. */
import { UsageError } from '../../domain/errors.ts'
import { endSentence } from '../../domain/image-tags/fields.ts'
import type { ToldImage } from '../../domain/told-image.ts'
import { readTold } from './build-subject.ts'

/** Null: there is no leg, or it was not told how this image is built. */
export async function toldImage(env: NodeJS.ProcessEnv, name: string): Promise<ToldImage | null> {
  const told = await readTold(env)
  if (told === null) return null
  const { readToldImage } = await import('../../domain/told-image.ts')
  const read = readToldImage(told)
  if (!read.ok)
    throw new UsageError(
      `${endSentence(`SIGNALBOX ${read.reason}`)} Hand over the input as it is (SIGNALBOX: \${{ inputs.signalbox }}), or unset it.`,
    )
  return read.image?.name === name ? read.image : null
}
