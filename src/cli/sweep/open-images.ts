/** Image repositories as the environment says how to reach them. */
import { readCredentials } from '../../adapters/registry/credentials.ts'
import { openImageRepository, readPackages, readSharedImages } from '../../adapters/registry/open-image-repository.ts'
import { readPlainHttp } from '../../adapters/registry/registry.ts'
import type { OpenImageRepository } from '../../ports/sweeps.ts'

export interface OpenImagesOptions {
  /** Registries that are spoken to without TLS, beside those that the environment names. */
  readonly plainHttp?: readonly string[]
  /** Whether names come from configurations alone, and not from whoever runs this: then hosts inside a network are refused. */
  readonly onlyPublic?: boolean
}

export function readOpenImages(
  env: NodeJS.ProcessEnv,
  { plainHttp = [], onlyPublic = false }: OpenImagesOptions = {},
): OpenImageRepository {
  const options = {
    packages: readPackages(env),
    credentials: readCredentials(env),
    shared: readSharedImages(env),
    plainHttp: [...readPlainHttp(env), ...plainHttp],
    onlyPublic,
  }
  return (name) => openImageRepository(name, options)
}
