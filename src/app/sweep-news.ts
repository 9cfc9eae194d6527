/** What a delivery means to sweeps, beside what it means to runs. */
import { readClosedPull, readItemNews, readNewRepositories } from '../domain/read-sweep-news.ts'
import { count } from '../domain/wording.ts'
import type { HandlerDeps } from './handlers.ts'
import { keepItem } from './keep-item.ts'

/** @returns what happened, in words for the delivery's record; null: it means nothing to sweeps. */
export async function handleSweepNews(deps: HandlerDeps, event: string, payload: unknown): Promise<string | null> {
  const added = readNewRepositories(event, payload)
  if (added !== null) {
    for (const repo of added.repos)
      await deps.store.sweeps.enqueueFollow({ repo, installationId: added.installationId })
    return `${count(added.repos.length, 'repository', 'repositories')} to be looked at`
  }
  const closed = readClosedPull(event, payload)
  if (closed !== null) await deps.store.sweeps.forgetPushes(closed.repoId, closed.number)
  const news = readItemNews(event, payload)
  const swept = news && (await deps.store.sweeps.find(news.repo.id))
  if (!news || !swept || swept.staleLabels.length === 0) return null
  const { repo, installationId, number, labels, push } = news
  if (push !== null) {
    const at = new Date(Math.max(deps.clock.now().getTime(), push.at?.getTime() ?? 0))
    await deps.store.sweeps.recordPush(repo.id, { number, by: push.by, at })
  }
  const github = await deps.app.forInstallation(installationId)
  const loadStale = async () => {
    const loaded = await deps.configs.load(github, installationId, repo, repo.defaultBranch)
    return loaded.kind === 'good' ? loaded.config.stale : null
  }
  const kept = await keepItem({ ...deps, github, loadStale }, news)
  if (!labels.some((label) => swept.staleLabels.includes(label))) return kept
  await deps.store.sweeps.enqueueItem(repo.id, number)
  return kept ?? `#${number} is looked at, since it is stale or was`
}
