/** Repositories in GraphQL, and what is found in them by number or name. */
import { authorize } from '../auth.ts'
import { Problem } from '../http/problem.ts'
import type { Issue, PullRequest, Repository } from '../model.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import { type ItemsArguments, listItems } from './item-lists.ts'
import { asItem, authorizeItem } from './items.ts'
import { asLabel, asLabels, type LabelArguments, type View } from './view.ts'

/** Labels are of issues and of pull requests: either permission will do. */
export const EITHER = { issues: 'read', pull_requests: 'read' } as const

interface Found {
  readonly repository: Repository
  readonly item: Issue | PullRequest
}

/** GitHub leads on to where an issue was transferred to. */
function findItem(repository: Repository, number: number): Found | null {
  const item = repository.conversations.get(number)
  if (item !== undefined) return { repository, item }
  const gone = repository.gone.get(number) ?? null
  return gone === null ? null : findItem(gone.repository, gone.number)
}

function showItem(view: View, home: Repository, number: number, type: string, isWanted: (found: Found) => boolean) {
  const found = findItem(home, number)
  if (found === null || !isWanted(found)) {
    throw new Problem(404, `Could not resolve to ${type} with the number of ${number}.`)
  }
  authorizeItem(view, found.repository, found.item, 'read')
  return asItem(view, found.repository, found.item)
}

export function asRepository(view: View, repository: Repository) {
  return {
    __typename: 'Repository',
    id: repository.nodeId,
    databaseId: repository.id,
    isFork: repository.parent !== null,
    isPrivate: repository.private,
    name: repository.name,
    nameWithOwner: fullName(repository),
    resourcePath: `/${fullName(repository)}`,
    url: repoWeb(view.world, repository),
    pullRequest({ number }: { number: number }) {
      // Whoever may not see pull requests does not learn which there are.
      authorize(view.grant, repository, { pull_requests: 'read' })
      return showItem(view, repository, number, 'a PullRequest', ({ item }) => item.kind === 'pull_request')
    },
    issue({ number }: { number: number }) {
      authorize(view.grant, repository, { issues: 'read' })
      return showItem(view, repository, number, 'an Issue', ({ item }) => item.kind === 'issue')
    },
    issueOrPullRequest: ({ number }: { number: number }) =>
      showItem(view, repository, number, 'an issue or pull request', () => true),
    issues: (asked: ItemsArguments) => listItems(view, repository, 'issue', asked),
    pullRequests: (asked: ItemsArguments) => listItems(view, repository, 'pull_request', asked),
    label({ name }: { name: string }) {
      authorize(view.grant, repository, EITHER)
      const found = repository.labels.get(name.toLowerCase())
      return found === undefined ? null : asLabel(view, repository, found)
    },
    labels(asked: LabelArguments) {
      authorize(view.grant, repository, EITHER)
      return asLabels(view, repository, [...repository.labels.values()], asked)
    },
  }
}
