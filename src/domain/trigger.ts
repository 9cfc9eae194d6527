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

/** What can start runs. */
export type Trigger = PushTriggered | TagTriggered | PullRequestTriggered | MergeGroupTriggered | ManualTriggered

export type TriggerKind = Trigger['kind']

/** Whether the trigger's code comes from this repository itself. A pull request from a fork, or from a fork since deleted, is untrusted. */
export function isTrusted(trigger: Trigger): boolean {
  if (trigger.kind !== 'pull_request') return true
  const own = `${trigger.repo.owner}/${trigger.repo.name}`.toLowerCase()
  return trigger.pullRequest.headRepo?.toLowerCase() === own
}
