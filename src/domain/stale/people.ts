/** Who counts as a person, and who as a maintainer. */
import type { StaleActivity, StaleItem, StalePolicy } from '../stale.ts'

/** Never this app, a bot, or a user whom the configuration calls one. A deleted account was a person's. */
export function isPerson({ own, bot, by }: StaleActivity, { bots }: Pick<StalePolicy, 'bots'>): boolean {
  if (own || bot) return false
  const login = by?.toLowerCase() ?? ''
  return !login.endsWith('[bot]') && !bots.includes(login)
}

const MAINTAINERS: readonly string[] = ['OWNER', 'MEMBER', 'COLLABORATOR']

/** By GitHub's word; where that is not known, everybody but the author. The author of an item speaks as its author. */
export function isMaintainer({ by, association }: StaleActivity, { author }: Pick<StaleItem, 'author'>): boolean {
  if (by !== null && author !== null && by.toLowerCase() === author.toLowerCase()) return false
  return association === null ? true : MAINTAINERS.includes(association)
}
