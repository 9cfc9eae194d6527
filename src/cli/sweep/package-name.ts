/** Which image repository a command is about. */
import { UsageError } from '../../domain/errors.ts'
import { parseReference } from '../../domain/image-reference.ts'
import type { RepoName } from '../../ports.ts'

export interface NamedImages {
  /** `registry/path`. */
  readonly name: string
  /** The registry, where it is to be spoken to without TLS. */
  readonly plainHttp: readonly string[]
  /** The repository whose images they are most likely. */
  readonly repository: RepoName | null
}

/**
 * @param text `owner/package`, or with a registry before it.
 * @param registry a host or an address; undefined: that of GitHub.
 */
export function readPackageName(text: string, registry: string | undefined): NamedImages {
  const { host, plainHttp } = readRegistry(registry)
  const [first = ''] = text.split('/')
  const hasHost = /[.:]/.test(first) || first === 'localhost'
  const path = hasHost ? text.slice(first.length + 1) : text
  if (hasHost && registry !== undefined && first !== host)
    throw new UsageError(`«${text}» names the registry ${first}, and --registry ${host}: name one of them.`)
  const name = `${hasHost ? first : host}/${path}`.toLowerCase()
  const parsed = parseReference(name)
  if (!path.includes('/') || !parsed.ok || parsed.reference.tag !== null || parsed.reference.digest !== null)
    throw new UsageError(`cleanup images needs OWNER/PACKAGE, without tag and digest, but it is given «${text}».`)
  const [, owner, repository] = /^([\w.-]+)\/([\w.-]+)/.exec(path) ?? []
  const likely = owner === undefined || repository === undefined ? null : { owner, name: repository }
  return { name, plainHttp, repository: likely }
}

function readRegistry(registry: string | undefined): { readonly host: string; readonly plainHttp: readonly string[] } {
  if (registry === undefined) return { host: 'ghcr.io', plainHttp: [] }
  const address = registry.includes('://') ? registry : `https://${registry}`
  const url = URL.canParse(address) ? new URL(address) : null
  const isAddress = url !== null && /^https?:$/.test(url.protocol) && url.host !== ''
  if (!isAddress || `${url.username}${url.password}${url.search}${url.hash}` !== '' || url.pathname !== '/')
    throw new UsageError(
      '--registry is the address of a registry and nothing more, such as https://registry.example.com or registry.example.com:5000; credentials are read from where `docker login` puts them.',
    )
  return { host: url.host, plainHttp: url.protocol === 'http:' ? [url.host] : [] }
}
