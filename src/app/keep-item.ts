/** `/keep` in a comment on an issue or a pull request: who may write keeps it from becoming stale, by a label. */
import { hasKeepCommand } from '../domain/commands.ts'
import { mayWrite } from '../domain/pull-request.ts'
import type { ItemNews } from '../domain/read-sweep-news.ts'
import type { StaleConfig } from '../domain/stale.ts'
import type { Clock, GitHub, Store } from '../ports.ts'

export interface KeepDeps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
  readonly loadStale: () => Promise<StaleConfig | null>
}

/** @returns what happened, in words for the delivery's record; null: nothing was asked for. */
export async function keepItem(deps: KeepDeps, news: ItemNews): Promise<string | null> {
  const { repo, number, comment } = news
  if (comment === null || !hasKeepCommand(comment.body)) return null
  const stale = await deps.loadStale()
  if (stale === null) return null
  if (!mayWrite(await deps.github.getPermission(repo, comment.author))) {
    await deps.github.react(repo, comment.id, 'confused')
    return `${comment.author} may not keep #${number}: it takes write permission`
  }
  await deps.github.addLabel(repo, number, stale.keepLabel)
  await deps.github.react(repo, comment.id, 'rocket')
  const at = deps.clock.now()
  const entry = {
    at,
    repo,
    pullRequest: number,
    actor: comment.author,
    action: 'keep',
    subject: `#${number}`,
    detail: '',
  }
  await deps.store.pullRequests.audit(entry)
  return `${comment.author} keeps #${number}`
}
