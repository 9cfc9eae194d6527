/** What an image is built from is there, and in the repository. */
import { dirname } from 'node:path'
import type { RepositoryTree } from '../../adapters/files/repository-tree.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import { findIn } from '../images/repository-files.ts'

/** The remedy for what is missing, by where the image is told of. */
export interface Remedies {
  readonly dockerfile: string
  readonly context: string
}

export const CONFIGURED: Remedies = { dockerfile: 'Write it, or correct "dockerfile"', context: 'Correct "context"' }

/** @param image null: it is not known whether it is one. */
export function runtimeRemedies(dockerfile: string, image: string | null): Remedies {
  const command = `signalbox runtime-image ${image === null ? '' : `--image ${image} `}--build-folder ${dirname(dockerfile)}`
  return {
    dockerfile:
      image === null
        ? `${CONFIGURED.dockerfile}; that of a runtime image is made by ${command} first`
        : `Make it with ${command} first`,
    context: CONFIGURED.context,
  }
}

/**
 * @param later the Dockerfile may still have to be made.
 * @throws {UsageError} with a remedy.
 */
export async function checkFiles(
  tree: RepositoryTree,
  { image, dockerfile, context }: Pick<ImageBuild, 'image' | 'dockerfile' | 'context'>,
  remedies: Remedies,
  later: boolean,
): Promise<void> {
  // Asked even so, since what is outside of the repository is refused in any case.
  const [file, directory] = [await findIn(tree, dockerfile, 'file'), await findIn(tree, context, 'directory')]
  if (later) return
  if (file === null)
    throw new UsageError(`The image ${image} has no Dockerfile at ${dockerfile}. ${remedies.dockerfile}.`)
  if (directory === null)
    throw new UsageError(`The image ${image} has no directory ${context} for its context. ${remedies.context}.`)
}
