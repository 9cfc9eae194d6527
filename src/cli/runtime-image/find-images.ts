/** Where images are looked for, and who builds them. An engine is looked for when it is needed, not before. */
import { RegistryError, TransientError, UsageError } from '../../domain/errors.ts'
import { type ImageReference, parseReference } from '../../domain/image-reference.ts'
import type { ImageBuilder, Registry } from '../../ports.ts'
import { printable } from '../printable.ts'
import type { RuntimeFlags, RuntimeSettings } from './settings.ts'

export interface ImagePlaces {
  /** Whether the image is there to be used. Nothing is pulled. */
  exists(image: string): Promise<boolean>
  /** @throws {UsageError | TransientError} there is none here. */
  builder(): Promise<ImageBuilder>
}

const SERVICE_URL = 'SANDBOX_REMOTE_RUNTIME_API_URL'
const SERVICE_KEY = 'SANDBOX_API_KEY'

export function openImagePlaces(
  flags: RuntimeFlags,
  { push }: Pick<RuntimeSettings, 'push'>,
  env: NodeJS.ProcessEnv,
): ImagePlaces {
  if (flags.builder === 'remote') {
    const builder = once(() => openService(env))
    // The service keeps its images where only it may have to look.
    return { builder, exists: async (image) => (await builder()).exists(image) }
  }
  const builder = once(() => openEngine(flags, env))
  const ask = once(async () => askRegistry(await openRegistry(flags, env), push))
  return {
    builder,
    async exists(image) {
      // What is pushed is for others: what only this machine has is of no use to them.
      const engine = push ? null : await builder().catch(orNull)
      if (await engine?.exists(image)) return true
      const parsed = parseReference(image)
      if (!parsed.ok) throw new UsageError(`The image ${image} ${parsed.reason}.`)
      return (await ask())(parsed.reference)
    },
  }
}

/**
 * Registries refuse to say of a repository that is not there yet, too, that it is not there. Who pushes has to be let
 * in anyway; for anybody else that is no reason not to build.
 */
function askRegistry(registry: Registry, push: boolean): (reference: ImageReference) => Promise<boolean> {
  let refused = false
  return async (reference) => {
    if (refused) return false
    try {
      return (await registry.digestOf(reference)) !== null
    } catch (error) {
      if (push || !(error instanceof RegistryError) || (error.status !== 401 && error.status !== 403)) throw error
      refused = true
      console.error(printable(`warning: Nothing is reused from the registry: ${error.message}`))
      return false
    }
  }
}

/** Without an engine there is nothing to be found in it; who needs one to build is told then. */
function orNull(error: unknown): null {
  if (error instanceof UsageError || error instanceof TransientError) return null
  throw error
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null
  return () => (opened ??= open())
}

async function openEngine(flags: RuntimeFlags, env: NodeJS.ProcessEnv): Promise<ImageBuilder> {
  const [{ openDockerBuilder }, { readCredentials }] = await Promise.all([
    import('../../adapters/builders/docker/docker-builder.ts'),
    import('../../adapters/registry/credentials.ts'),
  ])
  return openDockerBuilder({
    program: flags.builder === 'podman' ? 'podman' : null,
    env,
    cacheDirectory: null,
    credentials: readCredentials(env),
    onWarning: (warning) => console.error(printable(`warning: ${warning}`)),
    now: () => new Date(),
  })
}

async function openRegistry(flags: RuntimeFlags, env: NodeJS.ProcessEnv): Promise<Registry> {
  const [{ makeRegistry, readPlainHttp }, { readCredentials }] = await Promise.all([
    import('../../adapters/registry/registry.ts'),
    import('../../adapters/registry/credentials.ts'),
  ])
  // A dry run can do without the answer, so it does not wait long for it.
  const patience = { attempts: 2, delayMs: 200, longestWaitMs: 2000 }
  return makeRegistry({
    credentials: readCredentials(env),
    plainHttp: readPlainHttp(env),
    ...(flags.dryRun === true && { patience }),
  })
}

async function openService(env: NodeJS.ProcessEnv): Promise<ImageBuilder> {
  const { [SERVICE_URL]: url = '', [SERVICE_KEY]: apiKey = '' } = env
  const missing = [...(url === '' ? [SERVICE_URL] : []), ...(apiKey === '' ? [SERVICE_KEY] : [])]
  if (missing.length > 0) {
    throw new UsageError(
      `The remote builder needs ${missing.join(' and ')} in the environment: the address of the build service, and the key that it knows us by.`,
    )
  }
  const { makeRemoteBuilder } = await import('../../adapters/builders/remote/remote-builder.ts')
  return makeRemoteBuilder({ url, apiKey })
}
