/** Manifests written, tags taken away, manifests deleted. */
import { RegistryError, UsageError } from '../../domain/errors.ts'
import { formatReference, formatRepository, type ImageReference, isTag } from '../../domain/image-reference.ts'
import { accessTo, type Client, ERROR_LIMIT, type RepositoryName, SHA256, urlOf } from './client.ts'
import { digestOfBytes } from './read-manifest.ts'
import { hasErrorCode, refused } from './refusal.ts'
import { type Answer, nonsense } from './transport.ts'

/** Bytes to be stored as they are. Whatever they name must be in the repository already. */
export interface ManifestToStore {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

const TAG_RULE = 'A tag has 1 to 128 letters, digits, "_", "." and "-", and begins with none of "." and "-".'

/** @throws {UsageError} */
export function checkTag(tag: string): void {
  if (!isTag(tag)) throw new UsageError(`"${tag}" cannot be a tag. ${TAG_RULE}`)
}

/** @param target a tag; null: stored by its digest alone. @param doing as in «reading acme/app:1». */
export async function storeManifest(
  client: Client,
  repository: RepositoryName,
  target: { readonly tag: string | null; readonly manifest: ManifestToStore; readonly doing: string },
): Promise<void> {
  const { tag, manifest, doing } = target
  if (tag !== null) checkTag(tag)
  const digest = digestOfBytes(manifest.bytes)
  const answer = await client.authorizer.send(
    {
      method: 'PUT',
      url: urlOf(client, repository, `manifests/${tag ?? digest}`),
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      limit: ERROR_LIMIT,
    },
    accessTo(repository, 'pull,push'),
  )
  if (answer.status < 200 || answer.status >= 300) throw refused(answer, doing)
  const told = answer.headers.get('docker-content-digest') ?? ''
  if (SHA256.test(told) && told !== digest)
    throw nonsense(answer.url, `stored ${told} where ${digest} was sent`, answer.status)
}

/** False: it was not there. */
export async function deleteManifest(client: Client, reference: ImageReference & { digest: string }): Promise<boolean> {
  const answer = await sendDelete(client, reference, reference.digest)
  if (answer.status === 404) return false
  if (answer.status >= 200 && answer.status < 300) return true
  if (isUnsupported(answer))
    throw new RegistryError(
      `${reference.registry} does not delete images by this API (${answer.status}). Switch deletion on in the registry ` +
        '(docker-registry: storage.delete.enabled), or delete with its own tools: ghcr.io has the packages API.',
      { status: answer.status },
    )
  throw refused(answer, `deleting ${formatReference(reference)}`)
}

/** Only since version 1.1 of the specification: others refuse a tag where they want a digest. */
export async function deleteTag(
  client: Client,
  repository: RepositoryName,
  tag: string,
): Promise<'deleted' | 'gone' | 'unsupported'> {
  checkTag(tag)
  const answer = await sendDelete(client, repository, tag)
  if (answer.status === 404) return 'gone'
  if (answer.status >= 200 && answer.status < 300) return 'deleted'
  if (answer.status === 400 || isUnsupported(answer)) return 'unsupported'
  throw refused(answer, `taking the tag ${tag} from ${formatRepository(repository)}`)
}

/** @param named whatever else it names is checked, too. @param what a digest or a tag. */
function sendDelete(client: Client, named: RepositoryName & Partial<ImageReference>, what: string): Promise<Answer> {
  const url = urlOf(client, named, `manifests/${what}`)
  return client.authorizer.send({ method: 'DELETE', url, headers: {}, limit: ERROR_LIMIT }, accessTo(named, 'delete'))
}

function isUnsupported(answer: Answer): boolean {
  return answer.status === 405 || answer.status === 501 || hasErrorCode(answer, 'UNSUPPORTED')
}
