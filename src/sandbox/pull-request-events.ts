/** What the app is told about pull requests, and what runs because of it. */
import { startPullRequestRuns } from './event-runs.ts'
import { notifyIssue } from './issue-events.ts'
import type { JsonObject } from './json.ts'
import type { Account, Issue, Label, PullRequest, Repository } from './model.ts'
import { renderLabel, renderPullRequest } from './render/conversation.ts'
import { notify } from './webhooks/notify.ts'
import { changed, type World } from './world.ts'

export function notifyPull(
  world: World,
  repository: Repository,
  pull: PullRequest,
  action: string,
  sender: Account,
  fields: JsonObject = {},
): void {
  const rendered = renderPullRequest(world, repository, pull)
  notify(world, repository, 'pull_request', action, sender, { number: pull.number, pull_request: rendered, ...fields })
  startPullRequestRuns(world, repository, pull, action, sender)
  changed(world)
}

export function notifyLabelled(
  world: World,
  repository: Repository,
  conversation: Issue | PullRequest,
  action: 'labeled' | 'unlabeled',
  label: Label,
  sender: Account,
): void {
  const fields = { label: renderLabel(world, repository, label) }
  if (conversation.kind === 'pull_request') notifyPull(world, repository, conversation, action, sender, fields)
  else notifyIssue(world, repository, conversation, action, sender, fields)
  changed(world)
}
