/** Issues and pull requests in GraphQL. */
import { associationIn } from '../associations.ts'
import { authorize } from '../auth.ts'
import { isoTime } from '../json.ts'
import type { AccessLevel, Account, Issue, PullRequest, Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { changedFiles } from '../pull-request-facts.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import { countComments } from '../timeline.ts'
import { connect, inOrder, type PageArguments } from './connection.ts'
import { asRepository } from './repository.ts'
import { asComment, placeOfEntry, type TimelineArguments, timelineOf } from './timeline.ts'
import { asActor, asLabels, asReactions, type LabelArguments, type View } from './view.ts'

type Item = Issue | PullRequest

/** GraphQL keeps the permissions for issues and for pull requests apart. */
export function authorizeItem({ grant }: View, repository: Repository, item: Pick<Item, 'kind'>, level: AccessLevel) {
  authorize(grant, repository, item.kind === 'issue' ? { issues: level } : { pull_requests: level })
}

function asComments(view: View, repository: Repository, item: Item, asked: PageArguments) {
  if (asked.first == null && asked.last == null) return { totalCount: countComments(item) }
  const entries = item.timeline.filter((entry) => entry.kind === 'IssueComment')
  return connect({ entries, placeOf: placeOfEntry }, asked, ({ comment }) =>
    asComment(view, repository, item, comment, (one) => asItem(view, repository, one)),
  )
}

function asAssignees(view: View, assignees: readonly Account[], asked: PageArguments) {
  const people = assignees.filter(({ type, deleted }) => type === 'User' && !deleted)
  return connect(inOrder(people), asked, ([person]) => asActor(view, person))
}

/** What issues and pull requests have in common. */
function asCommon(view: View, repository: Repository, item: Item) {
  const { world } = view
  const path = `/${item.kind === 'issue' ? 'issues' : 'pull'}/${item.number}`
  const { milestone } = item
  return {
    number: item.number,
    databaseId: item.id,
    title: item.title,
    body: item.body ?? '',
    closed: item.state === 'closed',
    closedAt: isoTime(item.closedAt),
    createdAt: isoTime(item.createdAt),
    updatedAt: isoTime(item.updatedAt),
    lastEditedAt: isoTime(item.edited?.at ?? null),
    editor: () => asActor(view, item.edited?.by ?? null),
    locked: item.locked !== null,
    activeLockReason: item.locked?.reason?.toUpperCase().replace(/[ -]/g, '_') ?? null,
    author: () => asActor(view, item.author),
    authorAssociation: () => associationIn(world, repository, item, item.author),
    viewerDidAuthor: item.app === world.app,
    assignees: (asked: PageArguments) => asAssignees(view, item.assignees, asked),
    comments: (asked: PageArguments) => asComments(view, repository, item, asked),
    labels(asked: LabelArguments) {
      const labels = item.labels.flatMap((name) => repository.labels.get(name.toLowerCase()) ?? [])
      return asLabels(view, repository, labels, asked)
    },
    milestone: milestone && { id: nodeId('milestone', milestone.id), number: milestone.number, title: milestone.title },
    reactions: (asked: PageArguments) => asReactions(view, item.reactions, asked),
    repository: () => asRepository(view, repository),
    timelineItems: (asked: TimelineArguments) =>
      timelineOf(view, repository, item, asked, (one) => asItem(view, repository, one)),
    resourcePath: `/${fullName(repository)}${path}`,
    url: repoWeb(world, repository, path),
  }
}

function asIssue(view: View, repository: Repository, issue: Issue) {
  return {
    __typename: 'Issue',
    id: nodeId('issue', issue.id),
    ...asCommon(view, repository, issue),
    issueType: issue.type === null ? null : { id: nodeId('issueType', issue.type), name: issue.type },
    state: issue.state.toUpperCase(),
    stateReason({ enableDuplicate }: { enableDuplicate?: boolean | null }) {
      if (issue.stateReason === 'duplicate' && enableDuplicate !== true) return 'NOT_PLANNED'
      return issue.stateReason?.toUpperCase() ?? null
    },
  }
}

function asPullRequest(view: View, repository: Repository, pull: PullRequest) {
  const { repository: home, ref, sha } = pull.head
  return {
    __typename: 'PullRequest',
    id: nodeId('pullRequest', pull.id),
    ...asCommon(view, repository, pull),
    state: pull.merged !== null ? 'MERGED' : pull.state.toUpperCase(),
    isDraft: pull.draft,
    merged: pull.merged !== null,
    mergedAt: isoTime(pull.merged?.at ?? null),
    baseRefName: pull.base.ref,
    headRefName: ref,
    headRefOid: sha,
    headRepository: () => (home.deleted ? null : asRepository(view, home)),
    isCrossRepository: home !== repository,
    changedFiles: () => changedFiles(repository, pull).length,
    files: (asked: PageArguments) =>
      connect(inOrder(changedFiles(repository, pull)), asked, ([{ path, additions, deletions }]) => {
        return { path, additions, deletions }
      }),
  }
}

export function asItem(view: View, repository: Repository, item: Item) {
  return item.kind === 'issue' ? asIssue(view, repository, item) : asPullRequest(view, repository, item)
}
