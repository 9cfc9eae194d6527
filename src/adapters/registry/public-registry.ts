/**
 * Which registries a server asks that only a configuration names. Whoever may push to a repository writes that, and the server may
 * stand where others cannot reach: hosts inside a network are for whoever runs it to name.
 */
import { RegistryError } from '../../domain/errors.ts'
import { whyNotPublic } from '../http/private-hosts.ts'
import type { CredentialSource } from './credentials.ts'

export interface NamedRegistries {
  /** With a port, or without one for all ports. */
  readonly hosts: readonly string[]
  /** A log-in is somebody's word that the registry may be asked. */
  readonly credentials: CredentialSource
}

/** @throws {RegistryError} */
export async function checkPublic(registry: string, { hosts, credentials }: NamedRegistries): Promise<void> {
  const why = whyNotPublic(registry)
  if (why === null || hosts.includes(registry) || hosts.includes(registry.replace(/:\d+$/, ''))) return
  if ((await credentials.credentialFor(registry)) !== null) return
  throw new RegistryError(
    `The registry ${registry} is not asked, since only a configuration names it and it ${why}: it may be meant for nobody but this ` +
      `server. Who runs Signalbox can allow it: by a log-in for it (SIGNALBOX_REGISTRY, or "docker login ${registry}"), by its ` +
      'repositories in SIGNALBOX_SHARED_IMAGES, or, if it speaks plain HTTP, by its name in SIGNALBOX_INSECURE_REGISTRIES.',
    { status: null },
  )
}
