/** What every operation on a repository of a registry begins with: its address, and what it asks to be allowed. */
import { UsageError } from '../../domain/errors.ts'
import { formatReference, type ImageReference, parseReference } from '../../domain/image-reference.ts'
import type { Access, Authorizer } from './authorize.ts'
import type { Transport } from './transport.ts'

/** Where tags and manifests live: `ghcr.io`, `acme/app`. */
export type RepositoryName = Pick<ImageReference, 'registry' | 'path'>

export interface Client {
  readonly transport: Transport
  readonly authorizer: Authorizer
}

/** Most bytes of an answer that is about an error, or about nothing. */
export const ERROR_LIMIT = 256 * 1024
export const SHA256 = /^sha256:[0-9a-f]{64}$/

export function accessTo({ registry, path }: RepositoryName, actions: Access['actions']): Access {
  return { registry, path, actions }
}

export function urlOf(client: Client, reference: RepositoryName & Partial<ImageReference>, rest: string): URL {
  const full = { tag: null, digest: null, ...reference }
  const name = formatReference(full)
  // Names come from files and from other registries' answers, and must not become another address.
  const parsed = parseReference(name)
  if (!parsed.ok) throw new UsageError(`The image "${name}" ${parsed.reason}.`)
  const origin = URL.canParse(`https://${full.registry}`) ? client.transport.originOf(full.registry) : null
  if (origin === null) throw new UsageError(`The image "${name}" has a registry that is no host: check its port.`)
  return new URL(`/v2/${parsed.reference.path}/${rest}`, origin)
}
