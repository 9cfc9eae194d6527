/** Labels, and putting them on issues and pull requests. */
import { notFound, Problem } from './http/problem.ts'
import type { Account, Issue, Label, LabelEvent, PullRequest, Repository } from './model.ts'
import { notifyLabelled } from './pull-request-events.ts'
import { insertByTime, recordEvent, touch } from './timeline.ts'
import { nextId, type World } from './world.ts'

/** Writes down how a label came or went, and tells the app, unless that is long ago. */
export function recordLabelling(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  kind: LabelEvent['kind'],
  label: Label,
  actor: Account,
  at?: Date,
): void {
  const event = { id: nextId(world, 'labelEvent'), kind, label, actor, createdAt: at ?? world.now() }
  insertByTime(one.labelEvents, event, ({ createdAt }) => createdAt)
  recordEvent(world, one, kind === 'labeled' ? 'LabeledEvent' : 'UnlabeledEvent', actor, { label }, at)
  if (at === undefined) notifyLabelled(world, repository, one, kind, label, actor)
}

export function findLabel(repository: Repository, name: string): Label {
  const found = repository.labels.get(name.toLowerCase())
  if (found === undefined) throw notFound()
  return found
}

export function createLabel(
  world: World,
  repository: Repository,
  { name, color = 'ededed', description = '' }: { name: string; color?: string; description?: string | null },
): Label {
  const made: Label = { id: nextId(world, 'label'), name, color, description }
  repository.labels.set(name.toLowerCase(), made)
  return made
}

/** The repository's label of that name, made when there is none. */
export function ensureLabel(world: World, repository: Repository, name: string): Label {
  return repository.labels.get(name.toLowerCase()) ?? createLabel(world, repository, { name })
}

export function addLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
  at?: Date,
): void {
  const label = ensureLabel(world, repository, name)
  if (one.labels.includes(label.name)) return
  one.labels.push(label.name)
  touch(world, one, at)
  recordLabelling(world, repository, one, 'labeled', label, by, at)
}

export function removeLabel(
  world: World,
  repository: Repository,
  one: Issue | PullRequest,
  name: string,
  by: Account,
  at?: Date,
): void {
  const found = one.labels.find((label) => label.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Problem(404, 'Label does not exist')
  one.labels = one.labels.filter((label) => label !== found)
  touch(world, one, at)
  recordLabelling(world, repository, one, 'unlabeled', ensureLabel(world, repository, found), by, at)
}
