/** Repositories and their pull requests in GraphQL. */
import { authorize } from '../auth.ts'
import { Problem } from '../http/problem.ts'
import type { PullRequest, Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import type { TokenGrant, World } from '../world.ts'
import { type TimelineArguments, timelineOf } from './timeline.ts'

function asPullRequest(world: World, repository: Repository, pull: PullRequest) {
  const { number, title } = pull
  return {
    __typename: 'PullRequest',
    id: nodeId('pullRequest', pull.id),
    number,
    title,
    state: pull.merged !== null ? 'MERGED' : pull.state.toUpperCase(),
    isDraft: pull.draft,
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    resourcePath: `/${fullName(repository)}/pull/${number}`,
    url: repoWeb(world, repository, `/pull/${number}`),
    timelineItems: (asked: TimelineArguments) => timelineOf(world, repository, pull, asked),
  }
}

export function asRepository(world: World, grant: TokenGrant, repository: Repository) {
  return {
    __typename: 'Repository',
    id: repository.nodeId,
    databaseId: repository.id,
    isFork: repository.parent !== null,
    isPrivate: repository.private,
    name: repository.name,
    nameWithOwner: fullName(repository),
    resourcePath: `/${fullName(repository)}`,
    url: repoWeb(world, repository),
    pullRequest({ number }: { number: number }) {
      authorize(grant, repository, { pull_requests: 'read' })
      const found = repository.conversations.get(number)
      if (found?.kind === 'pull_request') return asPullRequest(world, repository, found)
      throw new Problem(404, `Could not resolve to a PullRequest with the number of ${number}.`)
    },
  }
}
