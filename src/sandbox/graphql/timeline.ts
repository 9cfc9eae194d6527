/** The timeline of a pull request in GraphQL, as far as it is about labels. */
import { Problem } from '../http/problem.ts'
import { isoTime } from '../json.ts'
import type { Account, Label, LabelEvent, PullRequest, Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { fullName, repoWeb, webUrl } from '../render/urls.ts'
import type { World } from '../world.ts'

export interface TimelineArguments {
  readonly after?: string | null
  readonly before?: string | null
  readonly first?: number | null
  readonly last?: number | null
  readonly itemTypes?: readonly string[] | null
}

/** Here the login of a bot is the slug of its app. */
function asActor(world: World, account: Account) {
  if (account.deleted) return null
  const login = account.login.replace(/\[bot\]$/, '')
  const resourcePath = account.type === 'Bot' ? `/apps/${login}` : `/${login}`
  const url = webUrl(world, resourcePath)
  return { __typename: account.type, id: account.nodeId, databaseId: account.id, login, resourcePath, url }
}

function asLabel(world: World, repository: Repository, label: Label) {
  const path = `/labels/${encodeURIComponent(label.name)}`
  const { name, color, description } = label
  const resourcePath = `/${fullName(repository)}${path}`
  const url = repoWeb(world, repository, path)
  return {
    __typename: 'Label',
    id: nodeId('label', label.id),
    isDefault: false,
    name,
    color,
    description,
    resourcePath,
    url,
  }
}

function asEvent(world: World, repository: Repository, event: LabelEvent) {
  return {
    __typename: event.kind === 'labeled' ? 'LabeledEvent' : 'UnlabeledEvent',
    id: nodeId(event.kind === 'labeled' ? 'labeledEvent' : 'unlabeledEvent', event.id),
    createdAt: isoTime(event.createdAt),
    actor: asActor(world, event.actor),
    label: asLabel(world, repository, event.label),
  }
}

const MAX_ASKED = 100

function checkBounds({ first, last }: TimelineArguments): void {
  if (first == null && last == null) {
    const what = 'You must provide a `first` or `last` value to properly paginate the `timelineItems` connection.'
    throw new Problem(422, what)
  }
  for (const [name, asked] of Object.entries({ first, last })) {
    if (asked == null || asked <= MAX_ASKED) continue
    const what = `Requesting ${asked} records on the \`timelineItems\` connection exceeds the \`${name}\` limit of ${MAX_ASKED} records.`
    throw new Problem(422, what)
  }
}

const cursorOf = (event: LabelEvent | undefined) =>
  event === undefined ? null : Buffer.from(`cursor:${event.id}`).toString('base64')

/** What of `all` is asked for: between the cursors, then the first, then the last of these. */
function cut(all: readonly LabelEvent[], { after, before, first, last }: TimelineArguments): LabelEvent[] {
  const place = (cursor: string | null | undefined) => all.findIndex((event) => cursorOf(event) === cursor)
  const start = after == null ? 0 : place(after) + 1
  const end = before == null ? all.length : place(before)
  const between = all.slice(start, end)
  const firsts = first == null ? between : between.slice(0, first)
  return last == null ? firsts : firsts.slice(Math.max(0, firsts.length - last))
}

export function timelineOf(world: World, repository: Repository, pull: PullRequest, asked: TimelineArguments) {
  checkBounds(asked)
  const wanted = (event: LabelEvent) => asked.itemTypes?.includes(`${event.kind.toUpperCase()}_EVENT`) ?? true
  const all = pull.labelEvents.filter(wanted)
  const page = cut(all, asked)
  const [start, end] = [page.at(0), page.at(-1)]
  return {
    totalCount: all.length,
    filteredCount: all.length,
    pageCount: page.length,
    nodes: page.map((event) => asEvent(world, repository, event)),
    pageInfo: {
      startCursor: cursorOf(start),
      endCursor: cursorOf(end),
      hasPreviousPage: start !== undefined && start !== all.at(0),
      hasNextPage: end !== undefined && end !== all.at(-1),
    },
  }
}
