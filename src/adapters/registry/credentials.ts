/** Who we are to a registry: from the environment, bound to one host, or from what `docker login` left. */
import { UsageError } from '../../domain/errors.ts'
import { dockerConfigCredential } from './docker-config.ts'

export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string; readonly source: string }
  /** For the token service: it answers with tokens for the registry. */
  | { readonly kind: 'identity-token'; readonly token: string; readonly source: string }
  /** For the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string; readonly source: string }

export interface CredentialSource {
  /** @param registry as references have it: `ghcr.io`, `docker.io`. Null: nobody is logged in there. */
  credentialFor(registry: string): Promise<Credential | null>
}

export const ANONYMOUS: CredentialSource = { credentialFor: async () => null }

/**
 * In this order: SIGNALBOX_REGISTRY with SIGNALBOX_REGISTRY_USERNAME and SIGNALBOX_REGISTRY_PASSWORD; the Docker
 * configuration; for ghcr.io, GITHUB_ACTOR with GITHUB_TOKEN, as GitHub Actions has them. Each registry is looked up once.
 */
export function readCredentials(env: NodeJS.ProcessEnv): CredentialSource {
  const known = new Map<string, Promise<Credential | null>>()
  const find = async (registry: string): Promise<Credential | null> =>
    fromEnvironment(env, registry) ?? (await dockerConfigCredential(env, registry)) ?? fromActions(env, registry)
  return {
    credentialFor(registry) {
      const found = known.get(registry) ?? find(registry)
      known.set(registry, found)
      return found
    },
  }
}

const HOST = 'SIGNALBOX_REGISTRY'
const USERNAME = 'SIGNALBOX_REGISTRY_USERNAME'
const PASSWORD = 'SIGNALBOX_REGISTRY_PASSWORD'

function fromEnvironment(env: NodeJS.ProcessEnv, registry: string): Credential | null {
  const [host, username, password] = [env[HOST] ?? '', env[USERNAME] ?? '', env[PASSWORD] ?? '']
  if (username === '' && password === '') return null
  if (host === '' || username === '' || password === '') {
    const missing = [HOST, USERNAME, PASSWORD].filter((name) => (env[name] ?? '') === '')
    throw new UsageError(
      `${missing.join(' and ')} must be set too: ${HOST}, ${USERNAME} and ${PASSWORD} belong together.`,
    )
  }
  return host === registry ? { kind: 'password', username, password, source: `${USERNAME} and ${PASSWORD}` } : null
}

function fromActions(env: NodeJS.ProcessEnv, registry: string): Credential | null {
  const [username, password] = [env.GITHUB_ACTOR ?? '', env.GITHUB_TOKEN ?? '']
  if (registry !== 'ghcr.io' || username === '' || password === '') return null
  return { kind: 'password', username, password, source: 'GITHUB_ACTOR and GITHUB_TOKEN' }
}
