/** Who counts as a person, and who as a maintainer. */
import type { StaleActivity, StaleItem, StalePolicy } from '../stale.ts'

/** Never this app, a bot, or a user whom the configuration calls one. A deleted account was a person's. */
export function isPerson({ own, bot, by }: StaleActivity, { bots }: Pick<StalePolicy, 'bots'>): boolean {
  if (own || bot) return false
  const login = by?.toLowerCase() ?? ''
  return !login.endsWith('[bot]') && !bots.includes(login)
}

const MAINTAINERS: readonly string[] = ['OWNER', 'MEMBER', 'COLLABORATOR']

/** By GitHub's word; where that is not known, everybody but the author, and nobody whose account was deleted. */
export function isMaintainer({ by, association }: StaleActivity, { author }: Pick<StaleItem, 'author'>): boolean {
  if (association !== null) return MAINTAINERS.includes(association)
  return by !== null && by.toLowerCase() !== author?.toLowerCase()
}

/** Whether it is a maintainer's word about somebody else's item. */
export function isMaintainersAnswer(one: StaleActivity, item: Pick<StaleItem, 'author'>): boolean {
  return isMaintainer(one, item) && (one.by === null || one.by.toLowerCase() !== item.author?.toLowerCase())
}
