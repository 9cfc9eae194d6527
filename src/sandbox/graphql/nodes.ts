/** What is found by its global id. */
import { authorize } from '../auth.ts'
import { Problem } from '../http/problem.ts'
import type { CheckRun, Comment, Issue, Label, PullRequest, Repository } from '../model.ts'
import { readNodeId } from '../node-id.ts'
import type { World } from '../world.ts'

export function unresolved(id: string): Problem {
  return new Problem(404, `Could not resolve to a node with the global id of '${id}'.`)
}

export function repositoryByNode(world: World, id: string): Repository {
  const node = readNodeId(id)
  const found = node?.kind === 'repository' ? world.repositories.get(Number(node.key)) : undefined
  if (found === undefined || found.deleted) throw unresolved(id)
  return found
}

export interface FoundCheckRun {
  readonly repository: Repository
  readonly run: CheckRun
}

export function checkRunByNode(world: World, id: string): FoundCheckRun {
  const node = readNodeId(id)
  for (const repository of node?.kind === 'checkRun' ? world.repositories.values() : []) {
    const run = repository.checkRuns.get(Number(node?.key))
    if (run !== undefined) return { repository, run }
  }
  throw unresolved(id)
}

export interface FoundItem {
  readonly repository: Repository
  readonly item: Issue | PullRequest
}

/** Ids of issues and pull requests → their numbers, as of the last time that one was looked for in vain. */
const numbers = new WeakMap<Repository, Map<number, number>>()

function itemById(repository: Repository, id: number): Issue | PullRequest | null {
  const known = repository.conversations.get(numbers.get(repository)?.get(id) ?? 0)
  if (known?.id === id) return known
  // Later ones have higher ids: one that is higher than the newest cannot be here.
  const fresh = new Map<number, number>()
  for (const item of repository.conversations.values()) fresh.set(item.id, item.number)
  numbers.set(repository, fresh)
  return repository.conversations.get(fresh.get(id) ?? 0) ?? null
}

/** Issues that were transferred have another id since. */
export function itemByNode(world: World, id: string): FoundItem {
  const node = readNodeId(id)
  const kind = node?.kind === 'issue' ? 'issue' : node?.kind === 'pullRequest' ? 'pull_request' : null
  for (const repository of kind === null ? [] : world.repositories.values()) {
    const item = repository.deleted ? null : itemById(repository, Number(node?.key))
    if (item?.kind === kind && item !== null) return { repository, item }
  }
  throw unresolved(id)
}

export function labelByNode(world: World, id: string): { readonly repository: Repository; readonly label: Label } {
  const node = readNodeId(id)
  for (const repository of node?.kind === 'label' ? world.repositories.values() : []) {
    for (const label of repository.deleted ? [] : repository.labels.values())
      if (label.id === Number(node?.key)) return { repository, label }
  }
  throw unresolved(id)
}

export function commentByNode(world: World, id: string): FoundItem & { readonly comment: Comment } {
  const node = readNodeId(id)
  for (const repository of node?.kind === 'comment' ? world.repositories.values() : []) {
    const comment = repository.comments.get(Number(node?.key))
    const item = comment === undefined ? undefined : repository.conversations.get(comment.number)
    if (comment !== undefined && item !== undefined) return { repository, item, comment }
  }
  throw unresolved(id)
}

/** Labels are of issues and of pull requests: either permission will do. */
export const EITHER_READ = { issues: 'read', pull_requests: 'read' } as const
export const authorizeLabel = (grant: Parameters<typeof authorize>[0], repository: Repository) =>
  authorize(grant, repository, EITHER_READ)
