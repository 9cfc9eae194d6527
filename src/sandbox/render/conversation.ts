/** Issues, pull requests, their labels and comments. */

import { associationIn, associationOf } from '../associations.ts'
import { commitsBetween } from '../git/history.ts'
import { isoTime, type JsonObject } from '../json.ts'
import {
  type Comment,
  type Issue,
  type Label,
  type PullRequest,
  REACTIONS,
  type Reaction,
  type Repository,
} from '../model.ts'
import { nodeId } from '../node-id.ts'
import { changedFiles, mergeabilityOf } from '../pull-request-facts.ts'
import { countComments } from '../timeline.ts'
import { botOf, type World } from '../world.ts'
import { renderAccount, renderApp } from './account.ts'
import { renderMilestone } from './milestone.ts'
import { renderRepository } from './repository.ts'
import { repoApi, repoWeb } from './urls.ts'

export function renderLabel(world: World, repository: Repository, label: Label): JsonObject {
  return {
    id: label.id,
    node_id: nodeId('label', label.id),
    url: repoApi(world, repository, `/labels/${encodeURIComponent(label.name)}`),
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  }
}

export function renderLabels(world: World, repository: Repository, conversation: Issue | PullRequest): JsonObject[] {
  const labels = conversation.labels.flatMap((name) => repository.labels.get(name.toLowerCase()) ?? [])
  return labels.map((label) => renderLabel(world, repository, label))
}

export function renderReactionCounts(url: string, all: readonly Reaction[]): JsonObject {
  const counts = REACTIONS.map((content) => [content, all.filter((one) => one.content === content).length])
  return { url: `${url}/reactions`, total_count: all.length, ...Object.fromEntries(counts) }
}

function renderSide(world: World, repository: Repository, ref: string, sha: string): JsonObject {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: renderAccount(world, repository.owner),
    repo: repository.deleted ? null : renderRepository(world, repository),
  }
}

/** What issues and pull requests say of who and what they belong to. */
function renderBelonging(world: World, repository: Repository, item: Issue | PullRequest): JsonObject {
  const assignees = item.assignees.map((one) => renderAccount(world, one))
  return {
    locked: item.locked !== null,
    active_lock_reason: item.locked?.reason ?? null,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: item.milestone === null ? null : renderMilestone(world, repository, item.milestone),
  }
}

/** GitHub's `issue-type`. */
function renderIssueType(name: string): JsonObject {
  // The types belong to the organisation, and here are known by their names alone.
  const id = [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_000, 7)
  return { id, node_id: nodeId('issueType', name), name, description: null, color: null, is_enabled: true }
}

/** GitHub's `pull-request-simple`, as lists carry it. */
export function renderPullRequestSimple(world: World, repository: Repository, pull: PullRequest): JsonObject {
  const url = repoApi(world, repository, `/pulls/${pull.number}`)
  const html = repoWeb(world, repository, `/pull/${pull.number}`)
  const issue = repoApi(world, repository, `/issues/${pull.number}`)
  const statuses = repoApi(world, repository, `/statuses/${pull.head.sha}`)
  const reviewComment = repoApi(world, repository, '/pulls/comments{/number}')
  return {
    url,
    id: pull.id,
    node_id: nodeId('pullRequest', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    title: pull.title,
    user: renderAccount(world, pull.author),
    body: pull.body,
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    closed_at: isoTime(pull.closedAt),
    merged_at: isoTime(pull.merged?.at ?? null),
    merge_commit_sha: pull.mergeCommitSha,
    ...renderBelonging(world, repository, pull),
    requested_reviewers: [],
    requested_teams: [],
    labels: renderLabels(world, repository, pull),
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: reviewComment,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    head: renderSide(world, pull.head.repository, pull.head.ref, pull.head.sha),
    base: renderSide(world, repository, pull.base.ref, pull.base.sha),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: reviewComment },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: associationIn(world, repository, pull, pull.author),
    auto_merge: null,
  }
}

/** GitHub's `pull-request`. */
export function renderPullRequest(world: World, repository: Repository, pull: PullRequest): JsonObject {
  const files = changedFiles(repository, pull)
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
  return {
    ...renderPullRequestSimple(world, repository, pull),
    merged: pull.merged !== null,
    ...mergeabilityOf(pull),
    merged_by: pull.merged === null ? null : renderAccount(world, pull.merged.by),
    comments: countComments(pull),
    review_comments: 0,
    maintainer_can_modify: pull.maintainerCanModify,
    commits: commitsBetween(repository.objects, pull.base.sha, pull.head.sha).length,
    additions: sum(files.map((file) => file.additions)),
    deletions: sum(files.map((file) => file.deletions)),
    changed_files: files.length,
  }
}

/** GitHub's `issue`; a pull request is one too. */
export function renderIssue(world: World, repository: Repository, conversation: Issue | PullRequest): JsonObject {
  const { number } = conversation
  const url = repoApi(world, repository, `/issues/${number}`)
  const pull = conversation.kind === 'pull_request' ? conversation : null
  const issue = conversation.kind === 'issue' ? conversation : null
  const html = repoWeb(world, repository, `/${pull === null ? 'issues' : 'pull'}/${number}`)
  const pullLinks = pull && {
    draft: pull.draft,
    pull_request: {
      url: repoApi(world, repository, `/pulls/${number}`),
      html_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      merged_at: isoTime(pull.merged?.at ?? null),
    },
  }
  return {
    url,
    repository_url: repoApi(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: conversation.id,
    node_id: nodeId(pull === null ? 'issue' : 'pullRequest', conversation.id),
    number,
    title: conversation.title,
    user: renderAccount(world, conversation.author),
    labels: renderLabels(world, repository, conversation),
    state: conversation.state,
    ...renderBelonging(world, repository, conversation),
    comments: countComments(conversation),
    created_at: isoTime(conversation.createdAt),
    updated_at: isoTime(conversation.updatedAt),
    closed_at: isoTime(conversation.closedAt),
    author_association: associationIn(world, repository, conversation, conversation.author),
    ...pullLinks,
    body: conversation.body,
    reactions: renderReactionCounts(url, conversation.reactions),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: conversation.app === null ? null : renderApp(world, conversation.app),
    state_reason: issue?.stateReason ?? null,
    ...(issue === null || issue.type === null ? {} : { type: renderIssueType(issue.type) }),
  }
}

export function renderComment(world: World, repository: Repository, comment: Comment): JsonObject {
  const url = repoApi(world, repository, `/issues/comments/${comment.id}`)
  const issue = repository.conversations.get(comment.number)
  const page = issue?.kind === 'pull_request' ? 'pull' : 'issues'
  const author = comment.app === null ? comment.author : botOf(world, comment.app)
  return {
    url,
    html_url: repoWeb(world, repository, `/${page}/${comment.number}#issuecomment-${comment.id}`),
    issue_url: repoApi(world, repository, `/issues/${comment.number}`),
    id: comment.id,
    node_id: nodeId('comment', comment.id),
    user: renderAccount(world, author),
    created_at: isoTime(comment.createdAt),
    updated_at: isoTime(comment.updatedAt),
    body: comment.body,
    author_association:
      issue === undefined ? associationOf(world, repository, author) : associationIn(world, repository, issue, author),
    reactions: renderReactionCounts(url, comment.reactions),
    performed_via_github_app: comment.app === null ? null : renderApp(world, comment.app),
  }
}
