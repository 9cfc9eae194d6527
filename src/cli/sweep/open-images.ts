/** Image repositories as the environment says how to reach them. */
import { readCredentials } from '../../adapters/registry/credentials.ts'
import { openImageRepository, readPackages, readSharedImages } from '../../adapters/registry/open-image-repository.ts'
import { readPlainHttp } from '../../adapters/registry/registry.ts'
import type { OpenImageRepository } from '../../ports/sweeps.ts'

/** @param plainHttp registries that are spoken to without TLS, beside those that the environment names. */
export function readOpenImages(env: NodeJS.ProcessEnv, plainHttp: readonly string[] = []): OpenImageRepository {
  const options = {
    packages: readPackages(env),
    credentials: readCredentials(env),
    shared: readSharedImages(env),
    plainHttp: [...readPlainHttp(env), ...plainHttp],
  }
  return (name) => openImageRepository(name, options)
}
