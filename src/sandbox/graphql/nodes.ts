/** What is found by its global id. */
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

/** Ids of issues and pull requests → their numbers, as of the last one that was opened. */
const numbers = new WeakMap<Repository, { readonly lastNumber: number; readonly byId: ReadonlyMap<number, number> }>()

function itemById(repository: Repository, id: number): Issue | PullRequest | null {
  const { lastNumber, conversations } = repository
  let known = numbers.get(repository)
  if (known?.lastNumber !== lastNumber) {
    known = { lastNumber, byId: new Map([...conversations.values()].map((item) => [item.id, item.number])) }
    numbers.set(repository, known)
  }
  return conversations.get(known.byId.get(id) ?? 0) ?? null
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
