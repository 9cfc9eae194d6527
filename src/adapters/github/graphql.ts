/** GraphQL answers 200 also to what it refuses or cannot do: the errors are in the reply. */
import { GitHubError, TransientError } from '../../domain/errors.ts'
import { DEFAULT_LIMIT_MS, toFault, waitSaid } from './errors.ts'
import type { Octokit } from './octokit.ts'

export interface GraphqlError {
  readonly path?: readonly (string | number)[]
  readonly type?: string
  readonly message: string
}

export interface GraphqlFailure<Data> {
  readonly data: Data | null
  readonly errors: readonly GraphqlError[]
}

/** The reply that an error of Octokit carries. Throws the fault, when there was none, or GitHub limits us. */
export function readGraphqlFailure<Data>(error: unknown, what: string): GraphqlFailure<Data> {
  const failed = error as {
    data?: Data | null
    errors?: readonly GraphqlError[]
    headers?: Record<string, unknown>
  }
  if (!Array.isArray(failed?.errors)) throw toFault(error, what)
  if (failed.errors.some((one) => one.type === 'RATE_LIMITED'))
    throw new TransientError(`GitHub limits us while ${what}`, {
      retryAfterMs: waitSaid(failed.headers ?? {}) ?? DEFAULT_LIMIT_MS,
      cause: error,
    })
  return { data: failed.data ?? null, errors: failed.errors }
}

/** What the query asks for; null: GitHub knows no such thing. */
export async function queryGraphql<Data>(
  octokit: Octokit,
  query: string,
  variables: Record<string, unknown>,
  what: string,
): Promise<Data | null> {
  try {
    return await octokit.graphql<Data>(query, variables)
  } catch (error) {
    const [first, ...others] = readGraphqlFailure(error, what).errors
    if (first?.type === 'NOT_FOUND' && others.length === 0) return null
    if (first?.type === 'FORBIDDEN')
      throw new GitHubError(`GitHub refused while ${what}: ${first.message}`, { status: 403, cause: error })
    throw new TransientError(`GitHub failed while ${what}: ${first?.message ?? 'it gave no reason'}`, { cause: error })
  }
}
