/**
 * Names of images, as Docker and the OCI distribution specification have them. A first part that holds a dot or a colon,
 * or is `localhost`, is a registry; a name without one is Docker Hub's, where one part alone lives under `library`. A
 * repository is lower case, and a tag is `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
 *
 * Source: https://github.com/distribution/reference, https://github.com/opencontainers/distribution-spec
 */

export interface ImageReference {
  /** Host and perhaps port: `ghcr.io`, `registry.example.com:5000`; Docker Hub is `docker.io`. */
  readonly registry: string
  /** Path below the registry: `library/ubuntu`, `acme/app`. */
  readonly path: string
  /** Null: none was written. */
  readonly tag: string | null
  /** `sha256:<hex>`; null: none was written. */
  readonly digest: string | null
}

export type ParsedReference =
  | { readonly ok: true; readonly reference: ImageReference }
  /** What is wrong, as the end of a sentence about the name. */
  | { readonly ok: false; readonly reason: string }

export const DOCKER_HUB = 'docker.io'
export const MAX_TAG_LENGTH = 128

const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/
const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
const MAX_PATH_LENGTH = 255

export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** Reads `[registry/]path[:tag][@digest]`. */
export function parseReference(text: string): ParsedReference {
  const bad = (reason: string): ParsedReference => ({ ok: false, reason })
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0) return bad('has more than one "@"')
  if (digest !== undefined && !DIGEST.test(digest)) return bad('has a digest that is not "sha256:" and 64 digits')
  const { name, tag } = splitTag(named)
  if (tag !== null && !TAG.test(tag)) {
    return bad(
      `has the tag "${tag}"; a tag has 1 to ${MAX_TAG_LENGTH} letters, digits, "_", "." and "-" and begins with none of "." and "-"`,
    )
  }
  const { registry, path } = splitRegistry(name)
  if (path === '') return bad('names no repository')
  if (!HOST.test(registry)) return bad(`has "${registry}" for a registry, which is no host name`)
  if (path.length > MAX_PATH_LENGTH) return bad(`has more than ${MAX_PATH_LENGTH} characters`)
  if (path !== path.toLowerCase()) return bad('has upper-case letters; repositories are lower case')
  const wrong = path.split('/').find((part) => !PART.test(part))
  if (wrong !== undefined) return bad(`has the part "${wrong}", which is no name of a repository`)
  return { ok: true, reference: { registry, path, tag, digest: digest ?? null } }
}

/** As a person writes it: Docker Hub's host and its `library/` stay away. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`
  const digest = reference.digest === null ? '' : `@${reference.digest}`
  return `${formatRepository(reference)}${tag}${digest}`
}

/** `formatReference` without tag and digest. */
export function formatRepository({ registry, path }: Pick<ImageReference, 'registry' | 'path'>): string {
  return registry === DOCKER_HUB ? path.replace(/^library\/(?=[^/]+$)/, '') : `${registry}/${path}`
}

/**
 * Splits the tag from a name without looking at the rest: the colon of a registry's port is not one.
 * `registry.example.com:5000/team/img:1` has the tag `1`.
 */
export function splitTag(name: string): { readonly name: string; readonly tag: string | null } {
  const colon = name.lastIndexOf(':')
  if (colon === -1 || name.indexOf('/', colon) !== -1) return { name, tag: null }
  return { name: name.slice(0, colon), tag: name.slice(colon + 1) }
}

function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  if (/[.:]/.test(first) || first === 'localhost') {
    const path = name.slice(slash + 1)
    const registry = /^(?:index|registry-1)\.docker\.io$/.test(first) ? DOCKER_HUB : first
    return { registry, path: registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path }
  }
  if (slash === -1) return { registry: DOCKER_HUB, path: name === '' ? '' : `library/${name}` }
  return { registry: DOCKER_HUB, path: name }
}
