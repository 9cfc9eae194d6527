/** Open issues and pull requests, a hundred of each a request, and single ones as they are now. */
import { GitHubError, TransientError } from '../../../domain/errors.ts'
import type { StaleItem } from '../../../domain/stale.ts'
import type { ItemDepth, ItemsGitHub } from '../../../ports/sweeps.ts'
import type { RepoName } from '../../../ports.ts'
import { type GraphqlError, readGraphqlFailure } from '../graphql.ts'
import { type Octokit, PAGE } from '../octokit.ts'
import { makeItem, present, type Whereabouts } from './make-item.ts'
import type { ItemNode, Page } from './nodes.ts'
import { FILES_QUERY, itemsQuery, LABELS_QUERY, listQuery, type QueryShape } from './queries.ts'

/** What was learned of the server while it was asked. */
export interface ServerKnowledge {
  issueTypes: boolean
}

export interface ItemReader {
  readonly octokit: Octokit
  /** What this app's bot is called. */
  readonly getSlug: () => Promise<string>
  readonly server: ServerKnowledge
}

/** What GitHub cannot make in time is asked for in smaller pieces, down to this: a page of a list, and items by number, of which more is read. */
const SMALLEST_PAGE = 20
const FEWEST_ITEMS = 5
const MOST_ENTRIES = 100
/** GitHub lists no more than 3,000 files of a pull request. */
const MOST_PAGES = 30

export function connectItemReading(reader: ItemReader): Pick<ItemsGitHub, 'listOpenItems' | 'readItems'> {
  return {
    listOpenItems: (repo, depth) => listOpenItems(reader, repo, depth),
    readItems: (repo, numbers, depth) => readItems(reader, repo, numbers, depth),
  }
}

interface ListData {
  readonly repository: {
    readonly id: string
    readonly issues?: Page<ItemNode>
    readonly pullRequests?: Page<ItemNode>
  } | null
}

/** Where a list goes on; null: it is at its end. */
type Place = { readonly after: string | null } | null

async function* listOpenItems(reader: ItemReader, repo: RepoName, depth: ItemDepth): AsyncGenerator<StaleItem[]> {
  const what = `listing the open issues and pull requests of ${repo.owner}/${repo.name}`
  const seen = new Set<number>()
  let issues: Place = { after: null }
  let pullRequests: Place = { after: null }
  let first = PAGE
  while (issues !== null || pullRequests !== null) {
    const variables = {
      ...common(repo, depth),
      first,
      withIssues: issues !== null,
      issuesAfter: issues?.after ?? null,
      withPullRequests: pullRequests !== null,
      pullRequestsAfter: pullRequests?.after ?? null,
    }
    let data: ListData
    try {
      data = await ask<ListData>(reader, (shape) => listQuery(shape), depth, variables, what)
    } catch (error) {
      first = smallerThan(first, SMALLEST_PAGE, error)
      continue
    }
    if (data.repository === null) throw noSuchRepository(repo)
    const { id, issues: someIssues, pullRequests: somePullRequests } = data.repository
    const fresh = [...present(someIssues), ...present(somePullRequests)].filter(({ number }) => !seen.has(number))
    for (const { number } of fresh) seen.add(number)
    if (fresh.length > 0) yield await makeItems(reader, fresh, id)
    issues = placeAfter(someIssues, issues, what)
    pullRequests = placeAfter(somePullRequests, pullRequests, what)
  }
}

/** How many are asked for next. Throws the fault where fewer would not help: a limit is not to be answered by more requests. */
function smallerThan(many: number, least: number, error: unknown): number {
  if (!(error instanceof TransientError) || error.retryAfterMs !== null || many <= least) throw error
  return Math.max(least, Math.floor(many / 2))
}

function placeAfter(page: Page<ItemNode> | undefined, before: Place, what: string): Place {
  if (!page?.pageInfo.hasNextPage) return null
  const after = page.pageInfo.endCursor
  if (after === null || after === before?.after) throw new TransientError(`GitHub's list does not go on while ${what}`)
  return { after }
}

interface ItemsData {
  readonly repository: { readonly id: string; readonly [alias: `i${number}`]: ItemNode | null } | null
}

async function readItems(
  reader: ItemReader,
  repo: RepoName,
  numbers: readonly number[],
  depth: ItemDepth,
): Promise<StaleItem[]> {
  const items: StaleItem[] = []
  const left = [...new Set(numbers)]
  let most = PAGE
  while (left.length > 0) {
    const some = left.slice(0, most)
    let data: ItemsData
    try {
      data = await askForItems(reader, repo, some, depth)
    } catch (error) {
      most = smallerThan(some.length, FEWEST_ITEMS, error)
      continue
    }
    if (data.repository === null) throw noSuchRepository(repo)
    const { repository } = data
    const found = some.flatMap((_, index) => repository[`i${index}`] ?? [])
    // GitHub shows one that was transferred under its old number.
    const here = found.filter((node) => node.repository?.id === repository.id)
    items.push(...(await makeItems(reader, here, repository.id)))
    left.splice(0, some.length)
  }
  return items
}

function askForItems(
  reader: ItemReader,
  repo: RepoName,
  numbers: readonly number[],
  depth: ItemDepth,
): Promise<ItemsData> {
  const named = Object.fromEntries(numbers.map((number, index) => [`n${index}`, number]))
  const what = `reading issues and pull requests of ${repo.owner}/${repo.name}`
  const variables = { ...common(repo, depth), ...named }
  return ask<ItemsData>(reader, (shape) => itemsQuery(shape, numbers.length), depth, variables, what)
}

function common(repo: RepoName, depth: ItemDepth) {
  const activity = Math.min(MOST_ENTRIES, Math.max(1, depth.activity))
  return { owner: repo.owner, name: repo.name, activity }
}

async function makeItems(reader: ItemReader, nodes: readonly ItemNode[], repositoryId: string): Promise<StaleItem[]> {
  const where: Whereabouts = { repositoryId, slug: await reader.getSlug() }
  const items: StaleItem[] = []
  for (const node of nodes) {
    const what = `reading #${node.number}`
    const labels = await readRest(reader, node, node.labels, LABELS_QUERY, `${what}: its labels`)
    const files = node.files ? await readRest(reader, node, node.files, FILES_QUERY, `${what}: its files`) : []
    const paths = node.files === undefined ? null : files.map(({ path }) => path)
    items.push(makeItem(node, { labels: labels.map(({ name }) => name), paths }, where))
  }
  return items
}

/** All entries of a list of an item of which a page is known. */
async function readRest<Entry>(
  { octokit, server }: ItemReader,
  { id }: ItemNode,
  known: Page<Entry> | null,
  query: string,
  what: string,
): Promise<Entry[]> {
  const entries = present(known)
  let page = known
  for (let pages = 1; page?.pageInfo.hasNextPage && pages < MOST_PAGES; pages++) {
    const variables = { id, after: page.pageInfo.endCursor }
    const data: { node: { page?: Page<Entry> | null } | null } = await send(
      { octokit, server },
      () => query,
      variables,
      what,
    )
    page = data.node?.page ?? null
    entries.push(...present(page))
  }
  return entries
}

function noSuchRepository(repo: RepoName): GitHubError {
  const message = `GitHub knows no repository ${repo.owner}/${repo.name}, or does not show it to this app.`
  return new GitHubError(message, { status: 404 })
}

// ── Asking ────────────────────────────────────────────────────────────────────────────────────────────────────────

function ask<Data>(
  reader: ItemReader,
  query: (shape: QueryShape) => string,
  { reactions, mentions, paths }: ItemDepth,
  variables: Record<string, unknown>,
  what: string,
): Promise<Data> {
  return send(reader, (server) => query({ reactions, mentions, paths, ...server }), variables, what)
}

/** The whole answer, but for items that are not there: half of one might have people seem silent. */
async function send<Data>(
  { octokit, server }: Pick<ItemReader, 'octokit' | 'server'>,
  query: (server: ServerKnowledge) => string,
  variables: Record<string, unknown>,
  what: string,
): Promise<Data> {
  const asked = { ...server }
  try {
    return await octokit.graphql<Data>(query(asked), variables)
  } catch (error) {
    const { data, errors } = readGraphqlFailure<Data>(error, what)
    if (data === null && asked.issueTypes && errors.some(({ message }) => message.includes('issueType'))) {
      server.issueTypes = false
      return send({ octokit, server }, query, variables, what)
    }
    if (data !== null && errors.every(isMissing)) return data
    const message = errors[0]?.message ?? 'it gave no reason'
    if (errors[0]?.type === 'FORBIDDEN')
      throw new GitHubError(`GitHub refused while ${what}: ${message}`, { status: 403, cause: error })
    throw new TransientError(`GitHub failed while ${what}: ${message}`, { cause: error })
  }
}

/** The repository, the node or the item itself is not there, rather than a part of it. */
function isMissing({ type, path }: GraphqlError): boolean {
  return type === 'NOT_FOUND' && (path?.length === 1 || (path?.length === 2 && /^i\d+$/.test(String(path[1]))))
}
