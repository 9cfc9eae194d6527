/**
 * A trigger is what a delivery means to us, in our own words. Everything that decides works on these types; GitHub's
 * payloads stop at `read-event.ts`, which turns each into exactly one of them or says why it means nothing.
 */

/** `owner/name`, with the ids that stay the same when a repository is renamed. */
export interface Repo {
  readonly id: number
  /** GraphQL's id of the same repository. */
  readonly nodeId: string
  readonly owner: string
  readonly name: string
  readonly defaultBranch: string
}

export interface PullRequest {
  readonly number: number
  readonly headSha: string
  readonly headRef: string
  /** `owner/name` of the head; null when the fork was deleted. */
  readonly headRepo: string | null
  readonly baseRef: string
  readonly baseSha: string
  readonly draft: boolean
  readonly state: 'open' | 'closed'
  /** Login of who opened it. */
  readonly author: string
  /** GitHub's word for who that is: `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `FIRST_TIME_CONTRIBUTOR`, `FIRST_TIMER`, `NONE`. */
  readonly association: string
  readonly labels: readonly string[]
  /** Whether maintainers of the base may push to the head of a fork. */
  readonly maintainersMayPush: boolean
}

interface TriggerBase {
  readonly repo: Repo
  /** The commit that is built and carries the check runs: 40 hexadecimal digits. */
  readonly sha: string
  /** As GITHUB_REF_NAME has it: the branch, the tag, `<n>/merge` for a pull request, the queue's branch. */
  readonly refName: string
}

export interface PushTriggered extends TriggerBase {
  readonly kind: 'push'
  /** The commit before; null when the branch is new. */
  readonly before: string | null
}
export interface TagTriggered extends TriggerBase {
  readonly kind: 'tag'
}
export interface PullRequestTriggered extends TriggerBase {
  readonly kind: 'pull_request'
  readonly pullRequest: PullRequest
}
export interface MergeGroupTriggered extends TriggerBase {
  readonly kind: 'merge_group'
  readonly baseRef: string
  readonly baseSha: string
}
export interface ManualTriggered extends TriggerBase {
  readonly kind: 'manual'
  readonly reason: string
  /** Names of the pipelines asked for; null: every pipeline with `on.manual`. */
  readonly pipelines: readonly string[] | null
  /** What makes two requests for the same commit two runs: the delivery id. */
  readonly requestId: string
}

/** A label on a pull request asked for a workflow: a run of one leg, of no pipeline of the configuration. */
export interface LabelTriggered extends TriggerBase {
  readonly kind: 'label'
  readonly pullRequest: PullRequest
  readonly label: string
  /** Login of who applied it. */
  readonly by: string
  /** GitHub's id of the event in which it was applied: what makes two of them two runs. */
  readonly labelingId: string
}

/** What can start runs. */
export type Trigger =
  | PushTriggered
  | TagTriggered
  | PullRequestTriggered
  | MergeGroupTriggered
  | ManualTriggered
  | LabelTriggered

export type TriggerKind = Trigger['kind']

/** Whether the trigger's code comes from this repository itself. A pull request from a fork, or from a fork since deleted, is untrusted. */
export function isTrusted(trigger: Trigger): boolean {
  const pullRequest = pullRequestOf(trigger)
  return pullRequest === null || isFromRepo(trigger.repo, pullRequest)
}

export function isFromRepo(repo: Repo, pullRequest: Pick<PullRequest, 'headRepo'>): boolean {
  return pullRequest.headRepo?.toLowerCase() === `${repo.owner}/${repo.name}`.toLowerCase()
}

/** The pull request that the trigger is about; null: none. */
export function pullRequestOf(trigger: Trigger): PullRequest | null {
  return trigger.kind === 'pull_request' || trigger.kind === 'label' ? trigger.pullRequest : null
}
