/** The lists of issues and pull requests of a repository in GraphQL. */
import type { Issue, PullRequest, Repository } from '../model.ts'
import { countComments } from '../timeline.ts'
import { comparePlaces, connect, type PageArguments, type Place } from './connection.ts'
import { asItem, authorizeItem } from './items.ts'
import type { View } from './view.ts'

type Item = Issue | PullRequest

export interface ItemsArguments extends PageArguments {
  readonly labels?: readonly string[] | null
  readonly orderBy?: {
    readonly field: 'COMMENTS' | 'CREATED_AT' | 'UPDATED_AT'
    readonly direction: 'ASC' | 'DESC'
  } | null
  readonly states?: readonly string[] | null
  readonly baseRefName?: string | null
  readonly headRefName?: string | null
  readonly filterBy?: {
    readonly assignee?: string | null
    readonly createdBy?: string | null
    readonly labels?: readonly string[] | null
    readonly milestone?: string | null
    readonly since?: string | null
    readonly states?: readonly string[] | null
  } | null
}

const stateOf = (item: Item) =>
  item.kind === 'pull_request' && item.merged !== null ? 'MERGED' : item.state.toUpperCase()

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

/** `*`: whatever there is. */
function fits(wanted: string | null | undefined, names: readonly string[]): boolean {
  if (wanted == null) return true
  return wanted === '*' ? names.length > 0 : names.some((name) => isSame(name, wanted))
}

function isWanted({ labels, states, baseRefName, headRefName, filterBy }: ItemsArguments, item: Item): boolean {
  const has = (label: string) => item.labels.some((name) => isSame(name, label))
  if (states != null && !states.includes(stateOf(item))) return false
  if (labels != null && !labels.some(has)) return false
  if (item.kind === 'pull_request') {
    return (baseRefName ?? item.base.ref) === item.base.ref && (headRefName ?? item.head.ref) === item.head.ref
  }
  const { milestone } = item
  if (filterBy?.states != null && !filterBy.states.includes(stateOf(item))) return false
  if (filterBy?.labels != null && !filterBy.labels.every(has)) return false
  if (filterBy?.since != null && item.updatedAt.getTime() < Date.parse(filterBy.since)) return false
  const assigned = item.assignees.map(({ login }) => login)
  const milestones = milestone === null ? [] : [milestone.title, String(milestone.number)]
  return (
    fits(filterBy?.assignee, assigned) &&
    fits(filterBy?.createdBy, [item.author.login]) &&
    fits(filterBy?.milestone, milestones)
  )
}

function placeBy(field: 'COMMENTS' | 'CREATED_AT' | 'UPDATED_AT'): (item: Item) => Place {
  if (field === 'COMMENTS') return (item) => [countComments(item), item.id]
  if (field === 'UPDATED_AT') return (item) => [item.updatedAt.getTime(), item.id]
  return (item) => [item.createdAt.getTime(), item.id]
}

export function listItems(view: View, repository: Repository, kind: Item['kind'], asked: ItemsArguments) {
  authorizeItem(view, repository, { kind }, 'read')
  const entries: Item[] = []
  for (const item of repository.conversations.values())
    if (item.kind === kind && isWanted(asked, item)) entries.push(item)
  const placeOf = placeBy(asked.orderBy?.field ?? 'CREATED_AT')
  const descending = asked.orderBy?.direction === 'DESC'
  const sign = descending ? -1 : 1
  entries.sort((a, b) => sign * comparePlaces(placeOf(a), placeOf(b)))
  return connect({ entries, placeOf, descending }, asked, (item) => asItem(view, repository, item))
}
