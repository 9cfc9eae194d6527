/** What the fields of a request are seen with, and small things that many types have in common. */
import { isoTime } from '../json.ts'
import type { Account, Label, Reaction, Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import { fullName, repoWeb, webUrl } from '../render/urls.ts'
import type { TokenGrant, World } from '../world.ts'
import { connect, type PageArguments } from './connection.ts'

/** Whose eyes it is seen with. */
export interface View {
  readonly world: World
  readonly grant: TokenGrant
}

/** Here the login of a bot is the slug of its app. */
export function asActor({ world }: View, account: Account | null) {
  if (account === null || account.deleted) return null
  const login = account.login.replace(/\[bot\]$/, '')
  const resourcePath = account.type === 'Bot' ? `/apps/${login}` : `/${login}`
  const url = webUrl(world, resourcePath)
  return { __typename: account.type, id: account.nodeId, databaseId: account.id, login, resourcePath, url }
}

/** GraphQL names only people so. */
export function asUser(view: View, account: Account | undefined) {
  return account?.type === 'User' ? asActor(view, account) : null
}

export function asLabel({ world }: View, repository: Repository, label: Label) {
  const path = `/labels/${encodeURIComponent(label.name)}`
  const { name, color, description } = label
  return {
    __typename: 'Label',
    id: nodeId('label', label.id),
    isDefault: false,
    name,
    color,
    description,
    resourcePath: `/${fullName(repository)}${path}`,
    url: repoWeb(world, repository, path),
  }
}

const CONTENTS = {
  '+1': 'THUMBS_UP',
  '-1': 'THUMBS_DOWN',
  laugh: 'LAUGH',
  confused: 'CONFUSED',
  heart: 'HEART',
  hooray: 'HOORAY',
  rocket: 'ROCKET',
  eyes: 'EYES',
} as const

export function asReactions(view: View, reactions: readonly Reaction[], asked: PageArguments) {
  const placeOf = ({ id }: Reaction) => [id, 0] as const
  return connect({ entries: reactions, placeOf }, asked, (reaction) => ({
    __typename: 'Reaction',
    id: nodeId('reaction', reaction.id),
    databaseId: reaction.id,
    content: CONTENTS[reaction.content],
    createdAt: isoTime(reaction.createdAt),
    user: asUser(view, reaction.user),
  }))
}

export interface LabelArguments extends PageArguments {
  readonly orderBy?: { readonly field: 'CREATED_AT' | 'NAME'; readonly direction: 'ASC' | 'DESC' } | null
  readonly query?: string | null
}

/** By name their places are numbered, which GitHub's are not: they stay while no label comes or goes. */
export function asLabels(view: View, repository: Repository, labels: readonly Label[], asked: LabelArguments) {
  const query = asked.query?.toLowerCase() ?? ''
  const found = labels.filter(({ name }) => name.toLowerCase().includes(query))
  const descending = asked.orderBy?.direction === 'DESC'
  const byName = asked.orderBy?.field === 'NAME'
  found.sort((a, b) => (byName ? a.name.localeCompare(b.name) : a.id - b.id))
  const ranks = new Map(found.map((label, rank) => [label, byName ? rank : label.id]))
  if (descending) found.reverse()
  const placeOf = (label: Label) => [ranks.get(label) ?? 0, 0] as const
  return connect({ entries: found, placeOf, descending }, asked, (label) => asLabel(view, repository, label))
}
