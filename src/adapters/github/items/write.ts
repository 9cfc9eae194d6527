/**
 * Comments, labels and closings, several in one request, each with an end of its own. Whatever GitHub answered, or did not, is a
 * result: whoever asked has to know of each write whether it may have been done.
 */
import type { ItemsGitHub, ItemWrite, WriteResult } from '../../../ports/sweeps.ts'
import { excerpt } from '../../http/answer.ts'
import { DEFAULT_LIMIT_MS, readFailure, waitSaid } from '../errors.ts'
import type { GraphqlError } from '../graphql.ts'
import type { Octokit } from '../octokit.ts'

/** Refusals that asking again does not change. */
const LASTING = new Set(['FORBIDDEN', 'NOT_FOUND', 'UNPROCESSABLE', 'INSUFFICIENT_SCOPES', 'UNAUTHENTICATED'])
/** How GitHub words that it is asked too much, where it has no type for it. */
const LIMITED = /submitted too quickly|secondary rate limit|abuse detection/i
const MAX_MESSAGE = 500

export function connectItemWriting(octokit: Octokit): Pick<ItemsGitHub, 'writeItems'> {
  return { writeItems: (writes) => writeItems(octokit, writes) }
}

async function writeItems(octokit: Octokit, writes: readonly ItemWrite[]): Promise<WriteResult[]> {
  const sent = writes.filter((write) => !isEmpty(write))
  const results = sent.length === 0 ? [] : await send(octokit, sent)
  const bySent = new Map(sent.map((write, index) => [write, results[index]]))
  return writes.map((write) => bySent.get(write) ?? { kind: 'done' })
}

/** GitHub refuses a list of no labels, which there is nothing to do for. */
function isEmpty(write: ItemWrite): boolean {
  return 'labelIds' in write && write.labelIds.length === 0
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly DetailedError[]
  readonly headers?: Readonly<Record<string, unknown>>
}

interface DetailedError extends GraphqlError {
  /** Set where the request was refused as a whole, before any of it was carried out. */
  readonly extensions?: { readonly code?: string }
}

async function send(octokit: Octokit, writes: readonly ItemWrite[]): Promise<WriteResult[]> {
  const { query, variables } = makeMutation(writes)
  try {
    const data = await octokit.graphql<Answer['data']>(query, variables)
    return readResults(writes, { data: data ?? null, errors: [] })
  } catch (error) {
    const answer = error as Answer
    if (Array.isArray(answer?.errors)) return readResults(writes, answer)
    const result = resultOfFailure(error)
    return writes.map(() => result)
  }
}

/** There was no answer of GraphQL's: all of it ended alike. */
function resultOfFailure(error: unknown): WriteResult {
  const failure = readFailure(error)
  const message = excerpt(failure.message, MAX_MESSAGE)
  if (failure.retryAfterMs !== null) return { kind: 'deferred', retryAfterMs: failure.retryAfterMs, message }
  // The token has just expired: the next one may do it.
  if (failure.status === 401) return { kind: 'deferred', retryAfterMs: DEFAULT_LIMIT_MS, message }
  if (failure.status === null || failure.status >= 500 || failure.status === 408) return { kind: 'unknown', message }
  return { kind: 'refused', message }
}

function readResults(writes: readonly ItemWrite[], { data, errors = [], headers = {} }: Answer): WriteResult[] {
  const general = errors.find(({ path }) => path === undefined) ?? (data ? undefined : errors[0])
  const isInvalid = !data && errors.some(({ extensions }) => extensions?.code !== undefined)
  return writes.map((_, index) => {
    const alias = `w${index}`
    if (data?.[alias]) return { kind: 'done' }
    const error = errors.find(({ path }) => path?.[0] === alias) ?? general
    const message = excerpt(error?.message ?? 'GitHub gave no reason', MAX_MESSAGE)
    if (error?.type === 'RATE_LIMITED' || LIMITED.test(message))
      return { kind: 'deferred', retryAfterMs: waitSaid(headers) ?? DEFAULT_LIMIT_MS, message }
    const isRefused = isInvalid || LASTING.has(error?.type ?? '')
    return { kind: isRefused ? 'refused' : 'unknown', message }
  })
}

/** Each kind's mutation and the type of its input. */
const MUTATIONS: Readonly<Record<ItemWrite['kind'], readonly [string, string]>> = {
  comment: ['addComment', 'AddCommentInput'],
  add_labels: ['addLabelsToLabelable', 'AddLabelsToLabelableInput'],
  remove_labels: ['removeLabelsFromLabelable', 'RemoveLabelsFromLabelableInput'],
  close_issue: ['closeIssue', 'CloseIssueInput'],
  close_pull_request: ['closePullRequest', 'ClosePullRequestInput'],
}

function makeMutation(writes: readonly ItemWrite[]): { query: string; variables: Record<string, unknown> } {
  const declarations = writes.map(({ kind }, index) => `$i${index}: ${MUTATIONS[kind][1]}!`)
  const fields = writes.map(({ kind }, index) => `w${index}: ${MUTATIONS[kind][0]}(input: $i${index}) { __typename }`)
  return {
    query: `mutation (${declarations.join(', ')}) { ${fields.join(' ')} }`,
    variables: Object.fromEntries(writes.map((write, index) => [`i${index}`, makeInput(write)])),
  }
}

function makeInput(write: ItemWrite): Record<string, unknown> {
  switch (write.kind) {
    case 'comment':
      return { subjectId: write.nodeId, body: write.body }
    case 'add_labels':
    case 'remove_labels':
      return { labelableId: write.nodeId, labelIds: write.labelIds }
    case 'close_issue': {
      const { nodeId: issueId, duplicateOf } = write
      if (write.reason !== 'duplicate') return { issueId, stateReason: write.reason.toUpperCase() }
      return duplicateOf === null
        ? { issueId, stateReason: 'NOT_PLANNED' }
        : { issueId, stateReason: 'DUPLICATE', duplicateIssueId: duplicateOf }
    }
    case 'close_pull_request':
      return { pullRequestId: write.nodeId }
  }
}
