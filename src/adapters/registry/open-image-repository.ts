/**
 * Which API the versions of an image repository are cleaned up by: GitHub's packages API where GitHub keeps the packages and
 * there is a token for it, and the registry's own everywhere else.
 */
import { UsageError } from '../../domain/errors.ts'
import { parseReference } from '../../domain/image-reference.ts'
import type { OpenedImageRepository } from '../../ports/sweeps.ts'
import { makePackagesOctokit } from '../github/package-api.ts'
import { makePackageImageRepository } from '../github/packages.ts'
import type { Patience } from '../http/retry.ts'
import type { RepositoryName } from './client.ts'
import type { CredentialSource } from './credentials.ts'
import { makeOciImageRepository } from './image-repository.ts'
import { checkPublic } from './public-registry.ts'
import { makeRegistry } from './registry.ts'

/** GitHub as it keeps packages. */
export interface PackagesOptions {
  /** `https://api.github.com`; of an Enterprise Server `https://HOST/api/v3`. */
  readonly apiUrl: string
  /** Registries, as references have them, whose packages GitHub has, and which therefore take its tokens. */
  readonly hosts: readonly string[]
  /** Null: there is none, and nothing can be deleted. */
  readonly token: PackagesToken | null
}

export interface PackagesToken {
  readonly value: string
  /** The environment variable that it comes from, for messages. */
  readonly name: string
  /** Whom the registry is told that it belongs to; GitHub looks at the token alone. */
  readonly username: string
}

export interface OpenImageRepositoryOptions {
  readonly packages: PackagesOptions
  /** For registries that are not GitHub's, and for those without a token. */
  readonly credentials: CredentialSource
  readonly plainHttp?: readonly string[]
  /** Names, also with `/*` at the end for all below, of what any repository may clean up. */
  readonly shared?: readonly string[]
  /**
   * Whether hosts inside a network are refused, unless one of the other options, or a log-in, is about them: for names that come from
   * somebody else. Default false.
   */
  readonly onlyPublic?: boolean
  readonly patience?: Patience
  readonly concurrency?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * From PACKAGES_TOKEN, or in a workflow GITHUB_TOKEN; GHE_HOST and GHE_PROTOCOL, or in a workflow GITHUB_API_URL and
 * GITHUB_SERVER_URL; SIGNALBOX_PACKAGES_HOSTS, where an Enterprise Server has its container registry elsewhere than at
 * `containers.HOST`.
 */
export function readPackages(env: NodeJS.ProcessEnv): PackagesOptions {
  const { apiUrl, hosts } = readGitHub(env)
  const named = (env.SIGNALBOX_PACKAGES_HOSTS ?? '').split(',').filter((host) => host !== '')
  return { apiUrl, hosts: named.length > 0 ? named : hosts, token: readToken(env) }
}

function readGitHub(env: NodeJS.ProcessEnv): Omit<PackagesOptions, 'token'> {
  const host = env.GHE_HOST ?? ''
  if (host !== '')
    return { apiUrl: `${env.GHE_PROTOCOL || 'https'}://${host}/api/v3`, hosts: [`containers.${host}`.toLowerCase()] }
  const server = env.GITHUB_SERVER_URL || 'https://github.com'
  const serverHost = URL.canParse(server) ? new URL(server).host : 'github.com'
  return {
    apiUrl: env.GITHUB_API_URL || 'https://api.github.com',
    // A token of an Enterprise Server is nothing that github.com should ever see.
    hosts: [serverHost === 'github.com' ? 'ghcr.io' : `containers.${serverHost}`],
  }
}

function readToken(env: NodeJS.ProcessEnv): PackagesToken | null {
  const name = (['PACKAGES_TOKEN', 'GITHUB_TOKEN'] as const).find((one) => (env[one] ?? '') !== '')
  const username = env.GITHUB_ACTOR || 'signalbox'
  return name === undefined ? null : { value: env[name] ?? '', name, username }
}

/**
 * @param name `registry/path`, without tag and digest.
 * @throws {UsageError} when it is no such name. @throws {RegistryError} when it is not to be asked.
 */
export async function openImageRepository(
  name: string,
  options: OpenImageRepositoryOptions,
): Promise<OpenedImageRepository> {
  const repository = readName(name)
  const { packages, plainHttp = [], shared = [], patience, now, credentials } = options
  if (options.onlyPublic === true) {
    const hosts = [...packages.hosts, ...plainHttp, ...shared.map((one) => one.replace(/\/.*/, ''))]
    await checkPublic(repository.registry, { hosts, credentials })
  }
  const isShared = isNamed(repository, shared)
  let requests = 0
  const onRequest = () => {
    requests++
  }
  const common = {
    plainHttp,
    onRequest,
    ...(patience !== undefined && { patience }),
    ...(now !== undefined && { now }),
  }
  const isPackage = packages.hosts.includes(repository.registry)
  if (!isPackage || packages.token === null) {
    const registry = makeRegistry({ ...common, credentials })
    const { concurrency } = options
    const images = makeOciImageRepository({
      registry,
      repository,
      canDelete: !isPackage,
      ...(concurrency !== undefined && { concurrency }),
      ...(now !== undefined && { now }),
    })
    return { ...images, isShared, requests: () => requests }
  }
  const { token, apiUrl } = packages
  const images = makePackageImageRepository({
    ...common,
    octokit: makePackagesOctokit({ apiUrl, token: token.value, onRequest }),
    tokenName: token.name,
    registry: makeRegistry({ ...common, credentials: loginOf(token, repository.registry) }),
    host: repository.registry,
    package: packageOf(repository),
  })
  return { ...images, isShared, requests: () => requests }
}

function isNamed({ registry, path }: RepositoryName, shared: readonly string[]): boolean {
  const name = `${registry}/${path}`
  return shared.some((one) => (one.endsWith('/*') ? name.startsWith(one.slice(0, -1)) : name === one))
}

/** From SIGNALBOX_SHARED_IMAGES: names like `registry.example.com/acme/app`, with commas between them. */
export function readSharedImages(env: NodeJS.ProcessEnv): string[] {
  const names = (env.SIGNALBOX_SHARED_IMAGES ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names.filter((name) => name !== '')
}

function readName(name: string): RepositoryName {
  const parsed = parseReference(name)
  if (!parsed.ok) throw new UsageError(`The image repository "${name}" ${parsed.reason}.`)
  const { registry, path, tag, digest } = parsed.reference
  if (tag === null && digest === null) return { registry, path }
  throw new UsageError(`The image repository "${name}" has a tag or a digest. Name it without: ${registry}/${path}.`)
}

function packageOf({ registry, path }: RepositoryName) {
  const slash = path.indexOf('/')
  if (slash > 0) return { owner: path.slice(0, slash), name: path.slice(slash + 1) }
  throw new UsageError(`${registry}/${path} names no package: that is ${registry}/OWNER/${path}.`)
}

/** The token goes to the registry that it is for, and to no other. */
function loginOf({ value, name, username }: PackagesToken, registry: string): CredentialSource {
  return {
    credentialFor: async (asked) =>
      asked === registry ? { kind: 'password', username, password: value, source: name } : null,
  }
}
