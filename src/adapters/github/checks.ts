/**
 * Check runs, written by GraphQL: one request carries the check runs of a whole step, where REST takes one each.
 * Refusals come back for each alone.
 */
import { TransientError } from '../../domain/errors.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { CheckWrite, CheckWriteResult } from '../../ports.ts'
import { DEFAULT_LIMIT_MS, toFault, waitSaid } from './errors.ts'
import type { Octokit } from './octokit.ts'

/** GitHub carries mutations out one after the other, and gives a request ten seconds. */
const WRITES_PER_REQUEST = 20

/** Refusals that asking again does not change; any other error may be gone the next time. */
const LASTING = new Set(['FORBIDDEN', 'NOT_FOUND', 'UNPROCESSABLE'])

interface MutationError {
  readonly path?: readonly (string | number)[]
  readonly type?: string
  readonly message: string
}
type MutationData = Record<string, { checkRun: { id: string } | null } | null>

export async function writeChecks(
  octokit: Octokit,
  repo: Repo,
  writes: readonly CheckWrite[],
): Promise<CheckWriteResult[]> {
  const results: CheckWriteResult[] = []
  for (let start = 0; start < writes.length; start += WRITES_PER_REQUEST)
    results.push(...(await writeBatch(octokit, repo, writes.slice(start, start + WRITES_PER_REQUEST))))
  return results
}

async function writeBatch(octokit: Octokit, repo: Repo, writes: readonly CheckWrite[]): Promise<CheckWriteResult[]> {
  const { query, variables } = makeMutation(repo, writes)
  const { data, errors } = await mutate(octokit, query, variables)
  return writes.map((_, index) => {
    const checkRun = data[`c${index}`]?.checkRun
    if (checkRun) return { kind: 'written', nodeId: checkRun.id }
    const error = errors.find((candidate) => candidate.path?.[0] === `c${index}`)
    if (error?.type === 'NOT_FOUND' && writes[index]?.nodeId) return { kind: 'gone' }
    const message = error?.message ?? 'GitHub gave no reason'
    return { kind: LASTING.has(error?.type ?? '') ? 'refused' : 'failed', message }
  })
}

async function mutate(
  octokit: Octokit,
  query: string,
  variables: Record<string, unknown>,
): Promise<{ data: MutationData; errors: readonly MutationError[] }> {
  try {
    return { data: await octokit.graphql<MutationData>(query, variables), errors: [] }
  } catch (error) {
    const failed = error as {
      data?: MutationData | null
      errors?: readonly MutationError[]
      headers?: Record<string, unknown>
    }
    if (!Array.isArray(failed.errors)) throw toFault(error, 'writing check runs')
    if (failed.errors.some((one) => one.type === 'RATE_LIMITED'))
      throw new TransientError('GitHub limits us while writing check runs', {
        retryAfterMs: waitSaid(failed.headers ?? {}) ?? DEFAULT_LIMIT_MS,
        cause: error,
      })
    const general = failed.errors.find((one) => one.path === undefined)
    if (general)
      throw new TransientError(`GitHub failed while writing check runs: ${general.message}`, { cause: error })
    return { data: failed.data ?? {}, errors: failed.errors }
  }
}

function makeMutation(
  repo: Repo,
  writes: readonly CheckWrite[],
): { query: string; variables: Record<string, unknown> } {
  const declarations: string[] = []
  const fields: string[] = []
  const variables: Record<string, unknown> = {}
  for (const [index, write] of writes.entries()) {
    const [field, type] =
      write.nodeId === null ? ['createCheckRun', 'CreateCheckRunInput'] : ['updateCheckRun', 'UpdateCheckRunInput']
    declarations.push(`$i${index}: ${type}!`)
    fields.push(`c${index}: ${field}(input: $i${index}) { checkRun { id } }`)
    variables[`i${index}`] = makeInput(repo, write)
  }
  return { query: `mutation (${declarations.join(', ')}) { ${fields.join(' ')} }`, variables }
}

function makeInput(repo: Repo, write: CheckWrite): Record<string, unknown> {
  return {
    repositoryId: repo.nodeId,
    ...(write.nodeId === null ? { headSha: write.headSha } : { checkRunId: write.nodeId }),
    name: write.name,
    externalId: write.externalId,
    status: write.status.toUpperCase(),
    startedAt: write.startedAt.toISOString(),
    ...(write.conclusion === null
      ? {}
      : {
          conclusion: write.conclusion.toUpperCase(),
          completedAt: (write.completedAt ?? write.startedAt).toISOString(),
        }),
    ...(write.detailsUrl === null ? {} : { detailsUrl: write.detailsUrl }),
    output: { title: write.title, summary: write.summary },
    actions: write.buttons,
  }
}
