/**
 * What people do with issues and pull requests. What has an `at` was done then: it is in its place in the timeline, the item was
 * updated then unless it was later, and nobody is told. Without, it is done now, and the app is told.
 */
import { addComment, deleteComment, editComment, findComment, react } from './comments.ts'
import { deleteIssue, transferIssue } from './issue-moves.ts'
import * as issues from './issues.ts'
import type { CloseReason, EventKind, LockReason, ReviewState } from './item-model.ts'
import { addLabel, createLabel, removeLabel } from './labels.ts'
import type { Issue, PullRequest, ReactionContent } from './model.ts'
import * as pulls from './pull-requests.ts'
import { findRepository } from './repositories.ts'
import { addReview, addReviewComment } from './reviews.ts'
import { recordEvent, touch } from './timeline.ts'
import { account, changed, type World } from './world.ts'

type Repo = ReturnType<typeof findRepository>

/** Turns an operation on an issue or pull request into one that is told its repository and number. */
function makeOnItem(world: World) {
  return <Rest extends unknown[], Result>(act: (repo: Repo, item: Issue | PullRequest, ...rest: Rest) => Result) =>
    (repo: string, number: number, ...rest: Rest): Result => {
      const repository = findRepository(world, repo)
      return act(repository, pulls.findConversation(repository, number), ...rest)
    }
}

function makeWordActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  const onItem = makeOnItem(world)
  return {
    /** Comments and returns the comment's id. */
    comment: onItem(
      (repo, { number }, body: string, by: string, at?: Date) =>
        addComment(world, repo, number, body, account(world, by), null, at).id,
    ),
    editComment: (repo: string, id: number, body: string, by: string, at?: Date) =>
      editComment(world, repository(repo), findComment(repository(repo), id), body, account(world, by), at),
    deleteComment: (repo: string, id: number, by: string) =>
      deleteComment(world, repository(repo), findComment(repository(repo), id), account(world, by)),
    react(repo: string, commentId: number, content: ReactionContent, by: string, at?: Date) {
      react(world, findComment(repository(repo), commentId), content, account(world, by), at)
    },
    /** Reacts to the issue or pull request itself. */
    reactTo: onItem((_, item, content: ReactionContent, by: string, at?: Date) =>
      issues.reactToItem(world, item, content, account(world, by), at),
    ),
    review(
      repo: string,
      number: number,
      { by, ...options }: { by: string; body?: string; state?: ReviewState; at?: Date },
    ) {
      const pull = pulls.findPullRequest(repository(repo), number)
      addReview(world, repository(repo), pull, { ...options, by: account(world, by) })
    },
    reviewComment(
      repo: string,
      number: number,
      { by, ...options }: { by: string; body: string; path: string; at?: Date },
    ) {
      const pull = pulls.findPullRequest(repository(repo), number)
      addReviewComment(world, repository(repo), pull, { ...options, by: account(world, by) })
    },
  }
}

function makeStateActs(world: World) {
  const onItem = makeOnItem(world)
  return {
    close: onItem(
      (repo, item, { by, at, ...why }: { by: string; reason?: CloseReason; duplicateOf?: number; at?: Date }) => {
        if (item.kind === 'pull_request') return pulls.closePullRequest(world, repo, item, by, at)
        const options = at === undefined ? why : { ...why, at }
        return issues.closeIssue(world, repo, item, account(world, by), options)
      },
    ),
    reopen: onItem((repo, item, { by, at }: { by: string; at?: Date }) => {
      if (item.kind === 'pull_request') return pulls.reopenPullRequest(world, repo, item, by, at)
      return issues.reopenIssue(world, repo, item, account(world, by), at)
    }),
    /** Changes the title or the body. */
    edit: onItem((repo, item, edit: { title?: string; body?: string | null }, by: string, at?: Date) => {
      if (item.kind === 'pull_request') return pulls.editPullRequest(world, repo, item, edit, by, at)
      return issues.editIssue(world, repo, item, edit, account(world, by), at)
    }),
    addLabel: onItem((repo, item, label: string, by: string, at?: Date) =>
      addLabel(world, repo, item, label, account(world, by), at),
    ),
    removeLabel: onItem((repo, item, label: string, by: string, at?: Date) =>
      removeLabel(world, repo, item, label, account(world, by), at),
    ),
    assign: onItem((repo, item, assignee: string, by: string, at?: Date) =>
      issues.setAssigned(world, repo, item, account(world, assignee), true, account(world, by), at),
    ),
    unassign: onItem((repo, item, assignee: string, by: string, at?: Date) =>
      issues.setAssigned(world, repo, item, account(world, assignee), false, account(world, by), at),
    ),
    /** Null: takes it out of its milestone. */
    setMilestone: onItem((repo, item, title: string | null, by: string, at?: Date) =>
      issues.setMilestone(world, repo, item, title, account(world, by), at),
    ),
    /** With `refusesComments` not even apps with write permission can comment. */
    lock: onItem((repo, item, options: { by: string; reason?: LockReason; refusesComments?: boolean; at?: Date }) => {
      const { by, reason = null, refusesComments = false, at } = options
      issues.setLock(world, repo, item, { reason, refusesComments }, account(world, by), at)
    }),
    unlock: onItem((repo, item, by: string, at?: Date) =>
      issues.setLock(world, repo, item, null, account(world, by), at),
    ),
    /** Puts something into the timeline for which there is no other act. The app is told of none of these. */
    happen: onItem((_, item, kind: EventKind, by: string | null, at?: Date) => {
      recordEvent(world, item, kind, by === null ? null : account(world, by), {}, at)
      touch(world, item, at)
      changed(world)
    }),
  }
}

/** For whoever has no `at` of their own in the past: what was seeded is told to nobody. */
function seeded(world: World, issue: issues.NewIssue): issues.NewIssue {
  const at = issue.at ?? world.now()
  return {
    ...issue,
    at,
    ...(issue.comments && { comments: issue.comments.map((one) => ({ at, ...one })) }),
    ...(issue.labelled && { labelled: issue.labelled.map((one) => ({ at, ...one })) }),
  }
}

function makeIssueActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  const onIssue = (repo: string, number: number) => issues.findIssue(repository(repo), number)
  return {
    /** Opens an issue and returns its number. */
    openIssue: (repo: string, options: issues.NewIssue) => issues.openIssue(world, repository(repo), options).number,
    /** Many issues that are simply there, quickly: nobody is told. Returns their numbers. */
    seedIssues(repo: string, list: readonly issues.NewIssue[]): number[] {
      const home = repository(repo)
      const numbers = list.map((one) => issues.openIssue(world, home, seeded(world, one)).number)
      changed(world)
      return numbers
    },
    setIssueType: (repo: string, number: number, type: string | null) =>
      issues.setIssueType(world, repository(repo), onIssue(repo, number), type),
    /** Moves an issue and returns its number in the other repository. */
    transferIssue: (repo: string, number: number, to: string, by: string) =>
      transferIssue(world, repository(repo), onIssue(repo, number), repository(to), account(world, by)).number,
    deleteIssue: (repo: string, number: number, by: string) =>
      deleteIssue(world, repository(repo), onIssue(repo, number), account(world, by)),
    /** Makes a label that nothing has yet. */
    createLabel(repo: string, label: { name: string; color?: string; description?: string }) {
      createLabel(world, repository(repo), label)
    },
  }
}

export function makeItemActs(world: World) {
  return { ...makeWordActs(world), ...makeStateActs(world), ...makeIssueActs(world) }
}
