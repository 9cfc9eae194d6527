/** Has a runtime image built from a context that is written for it, and taken away again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, writeContext } from '../../adapters/files/build-context.ts'
import { whyOf } from '../../adapters/files/file-faults.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuilder } from '../../ports.ts'
import { showProgress } from '../build/show-progress.ts'
import type { RuntimeSettings } from './settings.ts'

export interface ContextBuild {
  readonly settings: RuntimeSettings
  /** Full names that the image gets; the first is the one to use. */
  readonly names: readonly string[]
  /** Show the log in a window of the terminal. */
  readonly window: boolean
  readonly signal: AbortSignal
}

/** Resolves with the name of the image. */
export async function buildFromContext(
  builder: ImageBuilder,
  context: Context,
  { settings, names, window, signal }: ContextBuild,
): Promise<string> {
  const directory = await makeTemporaryDirectory()
  try {
    await writeContext(context, directory, signal)
    const { platforms, buildArgs, labels, push } = settings
    const { image } = await showProgress({ title: `Building ${names[0]}`, window }, (onLine) =>
      builder.build(
        {
          context: directory,
          dockerfile: null,
          target: null,
          tags: names,
          platforms,
          buildArgs,
          labels,
          cacheFrom: [],
          cacheTo: [],
          push,
          load: !push,
        },
        { onLine, signal },
      ),
    )
    return image
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeTemporaryDirectory(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'signalbox-runtime-'))
  } catch (error) {
    throw new UsageError(
      `There is no place for a build context in ${tmpdir()}: ${whyOf(error) ?? String(error)}. Set TMPDIR to a directory that can be written to.`,
      { cause: error },
    )
  }
}
