/**
 * Check runs, written by GraphQL: one request carries the check runs of a whole step, where REST takes one each.
 * Refusals come back for each alone.
 */
import { TransientError } from '../../domain/errors.ts'
import type { Annotation } from '../../domain/run.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { CheckWrite, CheckWriteResult, GitHub } from '../../ports.ts'
import { toFault } from './errors.ts'
import { type GraphqlError, readGraphqlFailure } from './graphql.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** GitHub carries mutations out one after the other, and gives a request ten seconds. */
const WRITES_PER_REQUEST = 20

/** Refusals that asking again does not change; any other error may be gone the next time. */
const LASTING = new Set(['FORBIDDEN', 'NOT_FOUND', 'UNPROCESSABLE'])

/** GitHub's bounds for one request: it refuses the whole check run for what is over them. */
const MAX_ANNOTATIONS = 50
const MAX_ANNOTATION_TITLE = 255
const MAX_ANNOTATION_BYTES = 64 * 1024

type MutationData = Record<string, { checkRun: { id: string } | null } | null>

/** @param appId whose check runs are ours. */
export function connectChecks(octokit: Octokit, appId: number): Pick<GitHub, 'writeChecks' | 'listChecks'> {
  const { rest } = octokit
  return {
    writeChecks: (repo, writes) => writeChecks(octokit, repo, writes),
    async listChecks(repo, headSha) {
      const query = { ...inRepo(repo), ref: headSha, filter: 'all', app_id: appId, per_page: PAGE } as const
      try {
        const checks = await octokit.paginate(rest.checks.listForRef, query)
        return new Map(checks.flatMap((check) => (check.external_id ? [[check.external_id, check.node_id]] : [])))
      } catch (error) {
        throw toFault(error, `listing the check runs of ${headSha}`)
      }
    },
  }
}

async function writeChecks(octokit: Octokit, repo: Repo, writes: readonly CheckWrite[]): Promise<CheckWriteResult[]> {
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
): Promise<{ data: MutationData; errors: readonly GraphqlError[] }> {
  try {
    return { data: await octokit.graphql<MutationData>(query, variables), errors: [] }
  } catch (error) {
    const { data, errors } = readGraphqlFailure<MutationData>(error, 'writing check runs')
    const general = errors.find((one) => one.path === undefined)
    if (general)
      throw new TransientError(`GitHub failed while writing check runs: ${general.message}`, { cause: error })
    return { data: data ?? {}, errors }
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
    output: {
      title: write.title,
      summary: write.summary,
      ...(write.annotations.length === 0
        ? {}
        : { annotations: write.annotations.slice(0, MAX_ANNOTATIONS).map(place) }),
    },
    actions: write.buttons,
  }
}

function place({ path, line, level, title, message }: Annotation): Record<string, unknown> {
  return {
    path,
    location: { startLine: line, endLine: line },
    annotationLevel: level.toUpperCase(),
    title: cutToBytes(title, MAX_ANNOTATION_TITLE),
    message: cutToBytes(message, MAX_ANNOTATION_BYTES),
  }
}

function cutToBytes(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text)
  // `stream` leaves out a character that is cut in half.
  return encoded.length <= bytes ? text : new TextDecoder().decode(encoded.subarray(0, bytes), { stream: true })
}
