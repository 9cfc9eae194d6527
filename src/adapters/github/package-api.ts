/**
 * GitHub's packages API for one container package. Not for apps: a personal token, or the token of a workflow whose
 * repository has the role admin of the package.
 *
 * Source: https://docs.github.com/rest/packages/packages
 */
import { Octokit as RestOctokit } from '@octokit/rest'
import { z } from 'zod'
import { GitHubError, InvariantError } from '../../domain/errors.ts'
import { isTag } from '../../domain/image-reference.ts'
import type { DeleteResult } from '../../ports/sweeps.ts'
import { excerpt } from '../http/answer.ts'
import { type Patience, withRetries } from '../http/retry.ts'
import { asDeleteResult } from '../registry/delete-result.ts'
import { readFailure, toFault } from './errors.ts'
import { fetchWithTimeout, keepSilenceWhenLimited, type Octokit, PAGE } from './octokit.ts'

export interface PackageName {
  /** A user or an organisation. */
  readonly owner: string
  /** May hold `/`. */
  readonly name: string
}

export interface PackageVersion {
  readonly id: number
  readonly digest: string
  readonly tags: readonly string[]
  readonly createdAt: Date
}

export interface PackageApi {
  /** `owner/name` of the repository that it belongs to; null: to none. */
  linkedTo(): Promise<string | null>
  /** Newest first, page by page. */
  list(state: 'active' | 'deleted'): AsyncIterable<readonly PackageVersion[]>
  /** Null: it is gone. */
  get(id: number): Promise<PackageVersion | null>
  /** Never throws for what GitHub answered. */
  delete(id: string): Promise<DeleteResult>
  restore(id: number): Promise<DeleteResult | { readonly kind: 'restored' }>
}

const VERSION = z.object({
  id: z.number().int().positive(),
  name: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  created_at: z.iso.datetime({ offset: true }),
  metadata: z.object({ container: z.object({ tags: z.array(z.string().refine(isTag)) }) }),
})
const PACKAGE = z.object({ repository: z.object({ full_name: z.string() }).nullish() })
const OWNER = z.object({ type: z.string() })
const USER = z.object({ login: z.string() })
const MAX_PAGES = 10_000
const MAX_MESSAGE = 1000

export interface PackagesOctokitOptions {
  /** `https://api.github.com`; of an Enterprise Server `https://HOST/api/v3`. */
  readonly apiUrl: string
  readonly token: string
  /** Told of each request. */
  readonly onRequest?: () => void
}

export function makePackagesOctokit({ apiUrl, token, onRequest }: PackagesOctokitOptions): Octokit {
  const silent = () => {}
  const octokit = keepSilenceWhenLimited(
    new RestOctokit({
      auth: token,
      baseUrl: apiUrl,
      userAgent: 'signalbox',
      request: { fetch: fetchWithTimeout },
      // What goes wrong is told by who asked.
      log: { debug: silent, info: silent, warn: silent, error: silent },
    }),
  )
  if (onRequest !== undefined) octokit.hook.before('request', onRequest)
  return octokit
}

export function connectPackage(
  octokit: Octokit,
  { owner, name }: PackageName,
  { tokenName, patience }: { readonly tokenName: string; readonly patience: Patience },
): PackageApi {
  const title = `the package ${owner}/${name}`
  let placed: Promise<string> | null = null
  const fault = (error: unknown, what: string): Error => explain(toFault(error, what), readFailure(error).status)

  const advice =
    `${tokenName} must be a personal token (classic) with read:packages, write:packages and delete:packages of ` +
    'somebody who is admin of the package, or the token of a workflow whose repository has the role admin in the ' +
    "package's settings."

  /** A refusal that a better token would not meet says so; 401 is not one that passes, as it is with an app's tokens. */
  function explain(error: Error, status: number | null): Error {
    if (status !== 401 && (!(error instanceof GitHubError) || (status !== 403 && status !== 404))) return error
    return new GitHubError(`${error.message}. ${advice}`, { status: status ?? 401, cause: error })
  }

  async function read(path: string, query: Readonly<Record<string, string | number>>, what: string): Promise<unknown> {
    return withRetries(patience, async () => {
      try {
        return (await octokit.request(`GET ${path}`, { ...query })).data
      } catch (error) {
        throw fault(error, what)
      }
    })
  }

  function base(): Promise<string> {
    placed ??= findBase().catch((error: unknown) => {
      placed = null
      throw error
    })
    return placed
  }

  async function findBase(): Promise<string> {
    const account = OWNER.safeParse(await read(`/users/${encodeURIComponent(owner)}`, {}, `looking for ${owner}`)).data
    if (account === undefined) throw nonsense(`looking for ${owner}`)
    const rest = `packages/container/${encodeURIComponent(name)}/versions`
    if (account.type === 'Organization') return `/orgs/${encodeURIComponent(owner)}/${rest}`
    return (await isOwn()) ? `/user/${rest}` : `/users/${encodeURIComponent(owner)}/${rest}`
  }

  /** Only for one's own packages does GitHub describe pages and deleted versions. A workflow's token is nobody's. */
  async function isOwn(): Promise<boolean> {
    try {
      const user = USER.safeParse(await read('/user', {}, 'asking whose token it is')).data
      return user?.login.toLowerCase() === owner.toLowerCase()
    } catch (error) {
      if (error instanceof GitHubError && error.status !== 401) return false
      throw error
    }
  }

  async function get(id: number): Promise<PackageVersion | null> {
    const what = `reading version ${id} of ${title}`
    try {
      return readVersion(await read(`${await base()}/${id}`, {}, what), what)
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return null
      throw error
    }
  }

  /** GitHub also does not find what the token may not delete. */
  async function whyNotFound(id: number): Promise<DeleteResult> {
    try {
      if ((await get(id)) === null) return { kind: 'gone' }
      const message = `GitHub does not let this token delete version ${id} of ${title}, which is there (404). ${advice}`
      return { kind: 'refused', message }
    } catch (error) {
      return asDeleteResult(error)
    }
  }

  return {
    async linkedTo() {
      const what = `reading ${title}`
      const found = PACKAGE.safeParse(await read((await base()).replace(/\/versions$/, ''), {}, what)).data
      if (found === undefined) throw nonsense(what)
      return found.repository?.full_name ?? null
    },
    async *list(state) {
      const path = await base()
      const what = `listing the ${state} versions of ${title}`
      for (let page = 1; page <= MAX_PAGES; page++) {
        const data = await read(path, { per_page: PAGE, page, ...(state === 'deleted' && { state }) }, what)
        if (!Array.isArray(data)) throw nonsense(what)
        if (data.length > 0) yield data.map((version) => readVersion(version, what))
        if (data.length < PAGE) return
      }
      throw nonsense(what)
    },
    get,
    async delete(id) {
      // It becomes part of an address.
      if (!/^\d{1,16}$/.test(id)) throw new InvariantError(`"${id}" is no version of a package`)
      const result = await write(async () => octokit.request(`DELETE ${await base()}/${id}`), 'deleted')
      return result.kind === 'gone' ? whyNotFound(Number(id)) : result
    },
    restore: (id) => write(async () => octokit.request(`POST ${await base()}/${id}/restore`), 'restored'),
  }
}

async function write<Done extends string>(
  request: () => Promise<unknown>,
  done: Done,
): Promise<DeleteResult | { readonly kind: Done }> {
  try {
    await request()
    return { kind: done }
  } catch (error) {
    // Of finding out where to ask.
    if (error instanceof GitHubError) return asDeleteResult(error)
    const failure = readFailure(error)
    const message = excerpt(failure.message, MAX_MESSAGE)
    if (failure.retryAfterMs !== null) return { kind: 'deferred', retryAfterMs: failure.retryAfterMs, message }
    if (failure.status === null || failure.status >= 500 || failure.status === 408) return { kind: 'unknown', message }
    return failure.status === 404 ? { kind: 'gone' } : { kind: 'refused', message }
  }
}

function readVersion(data: unknown, what: string): PackageVersion {
  const version = VERSION.safeParse(data).data
  if (version === undefined) throw nonsense(what)
  const { id, name, created_at, metadata } = version
  return { id, digest: name, tags: metadata.container.tags, createdAt: new Date(created_at) }
}

function nonsense(what: string): GitHubError {
  return new GitHubError(`GitHub's answer while ${what} is not as its documentation has it.`, { status: 200 })
}
