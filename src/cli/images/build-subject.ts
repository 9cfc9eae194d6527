/**
 * What is built, for every command about images: from the environment of a workflow run. What Signalbox told an
 * executor (SIGNALBOX) wins over what GitHub says (GITHUB_…), since an executor is dispatched on the default branch and
 * not on what it builds; flags win over both. What is missing is empty, what is malformed is an error.
 */
import { LONGEST_FILE_BYTES, readRegularFile } from '../../adapters/files/read-regular-file.ts'
import type { BuildSubject, RepositoryFacts } from '../../domain/build-subject.ts'
import { valueAt } from '../../domain/config/key-path.ts'
import { UsageError } from '../../domain/errors.ts'
import { endSentence } from '../../domain/image-tags/fields.ts'
import { readToldSubject } from '../../domain/told-subject.ts'
import { checkSha, refNameOf, splitRepository } from './subject-checks.ts'
import { applyFlags, type SubjectFlags } from './subject-flags.ts'

/** Part of a JSON that GitHub wrote; every step into it may find nothing. */
type Json = Readonly<Record<string, unknown>>

export async function readBuildSubject(env: NodeJS.ProcessEnv, overrides: SubjectFlags = {}): Promise<BuildSubject> {
  const payload = await readPayload(env)
  const fromGitHub = githubSubject(env, payload)
  const told = toldIn(env, payload)
  return applyFlags(told === null ? fromGitHub : toldSubject(told, fromGitHub, env), overrides)
}

/**
 * What Signalbox told the executor that this process is a step of: SIGNALBOX, or else the input of its event, so that a
 * step to which nothing was handed over does not take the default branch for what it builds. Null: it is no executor.
 */
export async function readTold(env: NodeJS.ProcessEnv): Promise<string | null> {
  return toldIn(env, env.SIGNALBOX ? {} : await readPayload(env))
}

function toldIn(env: NodeJS.ProcessEnv, payload: Json): string | null {
  return env.SIGNALBOX || textAt(payload, 'inputs', 'signalbox') || null
}

async function readPayload(env: NodeJS.ProcessEnv): Promise<Json> {
  const path = env.GITHUB_EVENT_PATH
  if (!path) return {}
  const remedy = 'point it at the JSON of the event, or unset it'
  const bytes = await readRegularFile(path, LONGEST_FILE_BYTES).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'which does not exist' : `which cannot be read (${error.message})`
    throw new UsageError(`GITHUB_EVENT_PATH names ${path}, ${why}; ${remedy}.`, { cause: error })
  })
  let payload: unknown
  try {
    payload = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`GITHUB_EVENT_PATH names ${path}, which is not JSON (${why}); ${remedy}.`, { cause: error })
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new UsageError(`GITHUB_EVENT_PATH names ${path}, which holds no JSON map; ${remedy}.`)
  return { ...payload }
}

function githubSubject(env: NodeJS.ProcessEnv, payload: Json): BuildSubject {
  const event = env.GITHUB_EVENT_NAME ?? ''
  const pullRequest = readPullRequest(env, event, payload)
  // GitHub's ref of `pull_request_target` is the base branch; what is built is the pull request.
  const targeted = event === 'pull_request_target' && pullRequest !== null ? `${pullRequest.number}/merge` : null
  const ref = targeted === null ? readRef(env) : `refs/pull/${targeted}`
  const sha = readSha(env, event, payload)
  return {
    event,
    ref,
    refName: targeted ?? (env.GITHUB_REF_NAME || refNameOf(ref)),
    sha,
    commitDate: commitDate(payload, sha),
    baseRef:
      pullRequest?.baseRef ?? branchOf(textAt(payload, 'base_ref') || textAt(payload, 'merge_group', 'base_ref')),
    pullRequest,
    defaultBranch: textAt(payload, 'repository', 'default_branch'),
    repository: readRepository(env, payload),
    matrix: {},
    trusted: isOwn(event, ref, payload),
  }
}

function toldSubject(json: string, fromGitHub: BuildSubject, env: NodeJS.ProcessEnv): BuildSubject {
  const read = readToldSubject(json)
  if (!read.ok)
    throw new UsageError(
      `${endSentence(`SIGNALBOX ${read.reason}`)} Hand over the input as it is (SIGNALBOX: \${{ inputs.signalbox }}), or unset it.`,
    )
  const { subject } = read
  const sha = relevantSha(env) ?? (subject.sha || fromGitHub.sha)
  return {
    ...fromGitHub,
    ...subject,
    sha,
    commitDate: sha === fromGitHub.sha ? fromGitHub.commitDate : null,
    defaultBranch: subject.defaultBranch || fromGitHub.defaultBranch,
  }
}

function readRef(env: NodeJS.ProcessEnv): string {
  const ref = env.GITHUB_REF ?? ''
  if (ref === '' || ref.startsWith('refs/')) return ref
  throw new UsageError(`GITHUB_REF is "${ref}", which is no full ref; write one such as refs/heads/${ref}.`)
}

function branchOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '')
}

/** RELEVANT_SHA is what a workflow sets when the commit that it checked out is not the one of its event. */
function readSha(env: NodeJS.ProcessEnv, event: string, payload: Json): string {
  const relevant = relevantSha(env)
  if (relevant !== null) return relevant
  const head = textAt(payload, 'pull_request', 'head', 'sha')
  if (/^true$/i.test(env.DOCKER_METADATA_PR_HEAD_SHA ?? '') && event.startsWith('pull_request') && head !== '')
    return head
  return checkSha('GITHUB_SHA', env.GITHUB_SHA ?? '')
}

function relevantSha(env: NodeJS.ProcessEnv): string | null {
  return env.RELEVANT_SHA ? checkSha('RELEVANT_SHA', env.RELEVANT_SHA) : null
}

function readPullRequest(env: NodeJS.ProcessEnv, event: string, payload: Json): BuildSubject['pullRequest'] {
  if (!event.startsWith('pull_request')) return null
  const number = valueAt(payload, ['pull_request', 'number']) ?? valueAt(payload, ['number']) ?? numberOfRef(env)
  if (number === undefined) return null
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
    throw new UsageError(
      'GITHUB_EVENT_PATH names an event whose pull request has no number; hand over the event as GitHub wrote it.',
    )
  return {
    number,
    headRef: textAt(payload, 'pull_request', 'head', 'ref') || (env.GITHUB_HEAD_REF ?? ''),
    baseRef: textAt(payload, 'pull_request', 'base', 'ref') || (env.GITHUB_BASE_REF ?? ''),
  }
}

function numberOfRef(env: NodeJS.ProcessEnv): number | undefined {
  const digits = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** What a pull request, or a workflow run that follows one, brings counts as the repository's own only when the event says so. */
function isOwn(event: string, ref: string, payload: Json): boolean {
  const own = textAt(payload, 'pull_request', 'base', 'repo', 'full_name') || textAt(payload, 'repository', 'full_name')
  if (event === 'workflow_run') {
    const head = textAt(payload, 'workflow_run', 'head_repository', 'full_name')
    return head !== '' && head === own
  }
  if (!event.startsWith('pull_request') && !ref.startsWith('refs/pull/')) return true
  const head = textAt(payload, 'pull_request', 'head', 'repo', 'full_name')
  return head !== '' && head === own
}

function readRepository(env: NodeJS.ProcessEnv, payload: Json): RepositoryFacts {
  const fullName = env.GITHUB_REPOSITORY || textAt(payload, 'repository', 'full_name')
  const server = (env.GITHUB_SERVER_URL || 'https://github.com').replace(/\/+$/, '')
  return {
    ...splitRepository('GITHUB_REPOSITORY', fullName),
    description: textAt(payload, 'repository', 'description'),
    url: textAt(payload, 'repository', 'html_url') || (fullName === '' ? '' : `${server}/${fullName}`),
    license: textAt(payload, 'repository', 'license', 'spdx_id'),
  }
}

/** Null: the event does not tell of this commit, or not in a way that is a date. */
function commitDate(payload: Json, sha: string): Date | null {
  const listed = valueAt(payload, ['commits'])
  const commits: unknown[] = [...(Array.isArray(listed) ? listed : []), valueAt(payload, ['head_commit'])]
  const commit = commits.find((each) => sha !== '' && valueAt(each, ['id']) === sha)
  const date = new Date(textAt(commit, 'timestamp'))
  return Number.isNaN(date.getTime()) ? null : date
}

function textAt(json: unknown, ...path: readonly string[]): string {
  const value = valueAt(json, path)
  return typeof value === 'string' ? value : ''
}
