/** Labels, and putting them on issues and pull requests. */
import { Problem } from './http/problem.ts'
import type { Account, Issue, Label, LabelEvent, PullRequest, Repository } from './model.ts'
import { notifyLabelled } from './pull-request-events.ts'
import { nextId, type World } from './world.ts'

/** Writes down how a label came or went, and tells the app. */
export function recordLabelling(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  kind: LabelEvent['kind'],
  label: Label,
  actor: Account,
): void {
  one.labelEvents.push({ id: nextId(world, 'labelEvent'), kind, label, actor, createdAt: world.now() })
  notifyLabelled(world, repository, one, kind, label, actor)
}

/** The repository's label of that name, made when there is none. */
export function ensureLabel(world: World, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase())
  if (known !== undefined) return known
  const made: Label = { id: nextId(world, 'label'), name, color: 'ededed', description: '' }
  repository.labels.set(name.toLowerCase(), made)
  return made
}

export function addLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
): void {
  const label = ensureLabel(world, repository, name)
  if (one.labels.includes(label.name)) return
  one.labels.push(label.name)
  one.updatedAt = world.now()
  recordLabelling(world, repository, one, 'labeled', label, by)
}

export function removeLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
): void {
  const found = one.labels.find((label) => label.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Problem(404, 'Label does not exist')
  one.labels = one.labels.filter((label) => label !== found)
  one.updatedAt = world.now()
  recordLabelling(world, repository, one, 'unlabeled', ensureLabel(world, repository, found), by)
}
