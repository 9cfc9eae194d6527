/**
 * From GitHub's payload to our words: every event that GitHub sends becomes exactly one signal, or a reason why it
 * means nothing. Payloads are only ever read here. Names in them are chosen by strangers, so nothing is done with them
 * but keeping them.
 */
import { z } from 'zod'
import type { ObservedStart } from './config.ts'
import { date, id, pullRequest, pullRequestTrigger, repository, sha, workflowRun } from './payload.ts'
import type { FailedJob, WorkflowRunObservation } from './run.ts'
import type { Repo, Trigger } from './trigger.ts'

/** The events of the app's webhook, and of each the actions that mean something; `null`: the event has no actions. */
export const HANDLED_EVENTS = {
  push: null,
  pull_request: [
    'opened',
    'synchronize',
    'reopened',
    'ready_for_review',
    'closed',
    'converted_to_draft',
    'edited',
    'labeled',
    'unlabeled',
    'assigned',
    'milestoned',
  ],
  issue_comment: ['created'],
  issues: ['edited', 'reopened', 'labeled', 'unlabeled', 'assigned', 'milestoned', 'typed'],
  pull_request_review: ['submitted'],
  pull_request_review_comment: ['created'],
  merge_group: ['checks_requested', 'destroyed'],
  repository_dispatch: ['signalbox'],
  check_run: ['rerequested', 'requested_action', 'completed'],
  check_suite: ['rerequested'],
  workflow_run: ['requested', 'in_progress', 'completed'],
  workflow_job: ['completed'],
  installation: ['created', 'deleted', 'suspend', 'unsuspend', 'new_permissions_accepted'],
  installation_repositories: ['added', 'removed'],
} as const satisfies Record<string, readonly string[] | null>

export type HandledEvent = keyof typeof HANDLED_EVENTS

/** Whether a delivery of this event and action is kept and handled. */
export function isHandled(event: string, action: string | null): event is HandledEvent {
  if (!Object.hasOwn(HANDLED_EVENTS, event)) return false
  const actions: readonly string[] | null = HANDLED_EVENTS[event as HandledEvent]
  return actions === null || (action !== null && actions.includes(action))
}

/** Whether it only tells us what we did ourselves: that a check run of ours is completed, which each leg's is once. */
export function isEcho(event: string, payload: Readonly<Record<string, unknown>>): boolean {
  const { check_run: check, action } = payload
  if (event !== 'check_run' || action !== 'completed' || typeof check !== 'object' || check === null) return false
  return 'external_id' in check && typeof check.external_id === 'string' && OUR_CHECK.test(check.external_id)
}

interface InRepo {
  /** Null where the payload names no installation: it was not sent to an app. */
  readonly installationId: number | null
  readonly repo: Repo
}

export type Signal =
  /** Something starts. For a pull request, GitHub is asked what its head is now: events may come late. */
  | ({ readonly kind: 'trigger'; readonly trigger: Exclude<Trigger, { kind: 'manual' }> } & InRepo)
  /** A person asked for runs of a branch; which commit that is, is looked up. */
  | ({
      readonly kind: 'manual'
      readonly branch: string
      readonly reason: string
      readonly pipelines: readonly string[] | null
    } & InRepo)
  | ({ readonly kind: 'pull_request_closed'; readonly number: number } & InRepo)
  /** A label came to, or went from, an open or closed pull request: `sha` and `baseRef` were its head and base when that happened. */
  | ({
      readonly kind: 'labels_changed'
      readonly number: number
      readonly sha: string
      readonly baseRef: string
      readonly added: string | null
      /** Login. */
      readonly sender: string
      /** Whether a bot did it. */
      readonly byBot: boolean
    } & InRepo)
  /** A person commented on a pull request. */
  | ({
      readonly kind: 'comment'
      readonly number: number
      readonly commentId: number
      readonly createdAt: Date
      /** Login. */
      readonly author: string
      readonly body: string
    } & InRepo)
  /** Something that an observed leg may follow has news: a workflow run that was not dispatched, or another app's check run. */
  | ({ readonly kind: 'commit_observed'; readonly sha: string; readonly what: ObservedStart } & InRepo)
  | ({ readonly kind: 'merge_group_destroyed'; readonly sha: string } & InRepo)
  | ({ readonly kind: 'workflow_run'; readonly observation: WorkflowRunObservation } & InRepo)
  | ({ readonly kind: 'workflow_job'; readonly workflowRunId: number; readonly job: FailedJob | null } & InRepo)
  | ({ readonly kind: 'check_rerequested'; readonly externalId: string; readonly sender: string } & InRepo)
  | ({ readonly kind: 'suite_rerequested'; readonly sha: string; readonly sender: string } & InRepo)
  | ({
      readonly kind: 'check_action'
      readonly externalId: string
      readonly identifier: string
      readonly sender: string
    } & InRepo)
  | { readonly kind: 'installation'; readonly id: number; readonly account: string; readonly state: InstallationState }
  | { readonly kind: 'repositories_removed'; readonly installationId: number; readonly repoIds: readonly number[] }
  | { readonly kind: 'nothing'; readonly reason: string }
  /** Not what GitHub documents for this event. */
  | { readonly kind: 'malformed'; readonly reason: string }

export type InstallationState = 'active' | 'suspended' | 'deleted'

export function readEvent(event: string, payload: unknown): Signal {
  if (!Object.hasOwn(READERS, event)) return nothing(`Signalbox does not handle the event ${event}`)
  const result = READERS[event as HandledEvent](payload)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue?.path.join('.') || 'the payload'
  return {
    kind: 'malformed',
    reason: `the ${event} payload is not as GitHub documents it: ${path}: ${issue?.message ?? 'invalid'}`,
  }
}

const ZERO_SHA = '0'.repeat(40)

const user = z
  .object({ login: z.string(), type: z.string().optional() })
  .transform(({ login, type }) => ({ login, isBot: type === 'Bot' || login.endsWith('[bot]') }))
const sender = user.transform(({ login }) => login)
const installation = z
  .object({ id })
  .nullish()
  .transform((value) => value?.id ?? null)
const inRepo = { repository, installation }

function nothing(reason: string): Signal {
  return { kind: 'nothing', reason }
}

const push = z
  .object({
    ...inRepo,
    ref: z.string(),
    before: sha,
    after: sha,
    deleted: z.boolean().default(false),
    head_commit: z.object({ id: sha }).nullish(),
  })
  .transform(({ repository: repo, installation: installationId, ...body }): Signal => {
    if (body.deleted || body.after === ZERO_SHA) return nothing(`${body.ref} was deleted`)
    // The `after` of an annotated tag is the tag object; the commit is in head_commit.
    const commit = body.head_commit?.id ?? body.after
    const base = { repo, sha: commit }
    if (body.ref.startsWith('refs/tags/')) {
      const refName = body.ref.slice('refs/tags/'.length)
      return { kind: 'trigger', repo, installationId, trigger: { ...base, kind: 'tag', refName } }
    }
    if (!body.ref.startsWith('refs/heads/')) return nothing(`${body.ref} is neither a branch nor a tag`)
    const refName = body.ref.slice('refs/heads/'.length)
    const before = body.before === ZERO_SHA ? null : body.before
    return { kind: 'trigger', repo, installationId, trigger: { ...base, kind: 'push', refName, before } }
  })

const pullRequestEvent = z
  .object({
    ...inRepo,
    action: z.string(),
    sender: user,
    pull_request: pullRequest,
    label: z.object({ name: z.string() }).nullish(),
    changes: z.object({ base: z.unknown().optional() }).optional(),
  })
  .transform(
    ({ repository: repo, installation: installationId, pull_request: pr, action, changes, ...event }): Signal => {
      if (!isHandled('pull_request', action) || action === 'assigned' || action === 'milestoned')
        return nothing(`pull_request.${action} changes nothing`)
      if (action === 'labeled' || action === 'unlabeled') {
        const added = action === 'labeled' ? (event.label?.name ?? null) : null
        const { login, isBot: byBot } = event.sender
        return {
          kind: 'labels_changed',
          repo,
          installationId,
          number: pr.number,
          sha: pr.headSha,
          baseRef: pr.baseRef,
          added,
          sender: login,
          byBot,
        }
      }
      if (action === 'edited' && changes?.base === undefined) return nothing('the edit left the base branch as it was')
      if (action === 'closed' || pr.state === 'closed')
        return { kind: 'pull_request_closed', repo, installationId, number: pr.number }
      return { kind: 'trigger', repo, installationId, trigger: pullRequestTrigger(repo, pr) }
    },
  )

const issueComment = z
  .object({
    ...inRepo,
    action: z.string(),
    issue: z.object({ number: z.number().int().positive(), pull_request: z.unknown().optional() }),
    comment: z.object({
      id,
      body: z.string().nullish(),
      created_at: date,
      user: user.nullish(),
      performed_via_github_app: z.unknown().optional(),
    }),
  })
  .transform(({ repository: repo, installation: installationId, action, issue, comment }): Signal => {
    if (action !== 'created') return nothing(`the comment was ${action}: only what a new one says counts`)
    if (!issue.pull_request) return nothing('the comment is on an issue, not on a pull request')
    if (!comment.user) return nothing('the author of the comment is gone')
    const { login: author, isBot } = comment.user
    if (isBot) return nothing(`the comment is by ${author}, a bot`)
    if (comment.performed_via_github_app) return nothing(`the comment was written by an app in the name of ${author}`)
    return {
      kind: 'comment',
      repo,
      installationId,
      number: issue.number,
      commentId: comment.id,
      createdAt: comment.created_at,
      author,
      body: comment.body ?? '',
    }
  })

const mergeGroup = z
  .object({
    ...inRepo,
    action: z.string(),
    merge_group: z.object({ head_sha: sha, head_ref: z.string(), base_ref: z.string(), base_sha: sha }),
  })
  .transform(({ repository: repo, installation: installationId, action, merge_group: group }): Signal => {
    if (action === 'destroyed') return { kind: 'merge_group_destroyed', repo, installationId, sha: group.head_sha }
    if (action !== 'checks_requested') return nothing(`merge_group.${action} changes nothing`)
    const trigger: Trigger = {
      kind: 'merge_group',
      repo,
      sha: group.head_sha,
      refName: withoutHeads(group.head_ref),
      baseRef: withoutHeads(group.base_ref),
      baseSha: group.base_sha,
    }
    return { kind: 'trigger', repo, installationId, trigger }
  })

function withoutHeads(ref: string): string {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : ref
}

const repositoryDispatch = z
  .object({
    ...inRepo,
    action: z.string(),
    branch: z.string().optional(),
    client_payload: z
      .object({
        reason: z.string().default(''),
        pipelines: z
          .union([z.string().transform((name) => [name]), z.array(z.string())])
          .nullish()
          .transform((names) => (names && names.length > 0 ? names : null)),
        branch: z.string().optional(),
      })
      .nullish(),
  })
  .transform(({ repository: repo, installation: installationId, action, branch, client_payload: request }): Signal => {
    if (action !== 'signalbox') return nothing(`the repository_dispatch is of type ${action}, not signalbox`)
    return {
      kind: 'manual',
      repo,
      installationId,
      branch: request?.branch ?? branch ?? repo.defaultBranch,
      reason: request?.reason ?? '',
      pipelines: request?.pipelines ?? null,
    }
  })

/** The external id of a leg's or a gate's check run. One that another app made look so is found at the next reconcile. */
const OUR_CHECK = /^r[a-z2-9]{13}-g?\d+$/

const checkRun = z
  .object({
    ...inRepo,
    action: z.string(),
    sender,
    check_run: z.object({
      external_id: z.string().nullish(),
      name: z.string(),
      head_sha: sha,
      app: z.object({ slug: z.string().nullish() }).nullish(),
    }),
    requested_action: z.object({ identifier: z.string() }).nullish(),
  })
  .transform(
    ({
      repository: repo,
      installation: installationId,
      action,
      sender: login,
      check_run: check,
      requested_action,
    }): Signal => {
      const externalId = check.external_id ?? ''
      if (action === 'completed')
        return OUR_CHECK.test(externalId)
          ? nothing(`the check run ${check.name} is our own`)
          : {
              kind: 'commit_observed',
              repo,
              installationId,
              sha: check.head_sha,
              what: { kind: 'observe_check', name: check.name, app: check.app?.slug ?? '' },
            }
      if (externalId === '') return nothing(`the check run ${check.name} has no external id: it is not ours`)
      const base = { repo, installationId, externalId, sender: login }
      if (action === 'rerequested') return { ...base, kind: 'check_rerequested' }
      if (action === 'requested_action' && requested_action)
        return { ...base, kind: 'check_action', identifier: requested_action.identifier }
      return nothing(`check_run.${action} changes nothing`)
    },
  )

const checkSuite = z
  .object({ ...inRepo, action: z.string(), sender, check_suite: z.object({ head_sha: sha }) })
  .transform(
    ({ repository: repo, installation: installationId, action, sender: login, check_suite: suite }): Signal => {
      if (action !== 'rerequested') return nothing(`check_suite.${action} changes nothing`)
      return { kind: 'suite_rerequested', repo, installationId, sha: suite.head_sha, sender: login }
    },
  )

const workflowRunEvent = z
  .object({
    ...inRepo,
    action: z.string(),
    workflow_run: z.intersection(workflowRun, z.object({ head_sha: sha, path: z.string().default('') })),
  })
  .transform(({ repository: repo, installation: installationId, workflow_run: run }): Signal => {
    const { event, path, head_sha: headSha, ...observation } = run
    // What was dispatched is known by its id. Its commit is that of the branch whose workflow file it runs.
    if (event !== 'workflow_dispatch') {
      const what = { kind: 'observe_workflow' as const, workflow: fileOf(path) }
      return { kind: 'commit_observed', repo, installationId, sha: headSha, what }
    }
    return { kind: 'workflow_run', repo, installationId, observation }
  })

/** Of `.github/workflows/lint.yml`, perhaps with `@` and the ref that it was taken from. */
function fileOf(path: string): string {
  const [file = ''] = path.split('@', 1)
  return file.split('/').at(-1) ?? ''
}

const workflowJob = z
  .object({
    ...inRepo,
    action: z.string(),
    workflow_job: z.object({
      id,
      run_id: id,
      run_attempt: z.number().int().positive().default(1),
      name: z.string(),
      conclusion: z.string().nullish(),
      html_url: z.string().nullish(),
    }),
  })
  .transform(({ repository: repo, installation: installationId, action, workflow_job: job }): Signal => {
    if (action !== 'completed') return nothing(`workflow_job.${action} changes nothing`)
    const failed = job.conclusion === 'failure' || job.conclusion === 'timed_out'
    return {
      kind: 'workflow_job',
      repo,
      installationId,
      workflowRunId: job.run_id,
      job: failed ? { id: job.id, name: job.name, url: job.html_url ?? '', runAttempt: job.run_attempt } : null,
    }
  })

const installationEvent = z
  .object({
    action: z.string(),
    installation: z.object({
      id,
      account: z.object({ login: z.string().optional(), slug: z.string().optional() }).nullish(),
      suspended_at: z.string().nullish(),
    }),
  })
  .transform(({ action, installation: { id: installationId, account, suspended_at: suspendedAt } }): Signal => {
    const suspended = action === 'suspend' || (action !== 'unsuspend' && Boolean(suspendedAt))
    const state = action === 'deleted' ? 'deleted' : suspended ? 'suspended' : 'active'
    return { kind: 'installation', id: installationId, account: account?.login ?? account?.slug ?? 'unknown', state }
  })

const installationRepositories = z
  .object({
    action: z.string(),
    installation: z.object({ id }),
    repositories_removed: z.array(z.object({ id })).default([]),
  })
  .transform(({ installation: { id: installationId }, repositories_removed: removed }): Signal => {
    if (removed.length === 0)
      return nothing('repositories were added; they are looked at when something happens in them')
    return { kind: 'repositories_removed', installationId, repoIds: removed.map((repo) => repo.id) }
  })

/** Means something to sweeps alone: see `read-sweep-news.ts`. */
const forSweeps = z.object({ ...inRepo, action: z.string() }).transform((): Signal => nothing('no run depends on it'))

const READERS: Record<HandledEvent, (payload: unknown) => z.ZodSafeParseResult<Signal>> = {
  push: (payload) => push.safeParse(payload),
  pull_request: (payload) => pullRequestEvent.safeParse(payload),
  issue_comment: (payload) => issueComment.safeParse(payload),
  issues: (payload) => forSweeps.safeParse(payload),
  pull_request_review: (payload) => forSweeps.safeParse(payload),
  pull_request_review_comment: (payload) => forSweeps.safeParse(payload),
  merge_group: (payload) => mergeGroup.safeParse(payload),
  repository_dispatch: (payload) => repositoryDispatch.safeParse(payload),
  check_run: (payload) => checkRun.safeParse(payload),
  check_suite: (payload) => checkSuite.safeParse(payload),
  workflow_run: (payload) => workflowRunEvent.safeParse(payload),
  workflow_job: (payload) => workflowJob.safeParse(payload),
  installation: (payload) => installationEvent.safeParse(payload),
  installation_repositories: (payload) => installationRepositories.safeParse(payload),
}
