/** Pushes of commits that were made before the pull request became stale: GitHub tells of them only as they happen. */
import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makeProject } from '../support/project.ts'
import { daysAgo } from '../support/stale-project.ts'

const app = useApp()

const CONFIG = `version: 1
pipelines: {}
stale:
  days_before_stale: 30
  days_before_close: 7
  stale_pr_message: Still?
  bots: [ci-user]
`

interface Pull {
  readonly repo: string
  readonly repoId: number
  readonly number: number
  readonly labels: () => readonly string[]
  /** Pushes commits that were made 9 days ago. */
  push(by: string): void
}

/** A pull request that was warned 6 days ago, in a repository whose sweeps the app knows of. */
async function makeStalePull(): Promise<Pull> {
  const { repo } = makeProject(app, { config: CONFIG })
  const { github } = app
  const { id: repoId } = github.state.repository(repo)
  github.pushCommit(repo, 'main', { files: { 'more.txt': 'more' }, author: 'ann' })
  const known = async () => (await app.serving.store.sweeps.find(repoId))?.staleLabels ?? []
  await expect.poll(known, { timeout: 10_000 }).toEqual(['stale'])
  github.pushCommit(repo, 'topic', { files: { topic: 'topic' }, author: 'rob', at: daysAgo(50) })
  const number = github.openPullRequest(repo, { head: 'topic', author: 'rob', at: daysAgo(50) })
  const us = `${github.app.slug}[bot]`
  github.comment(repo, number, 'Still?\n\n<!-- signalbox:stale mark -->', us, daysAgo(6))
  github.addLabel(repo, number, 'Stale', us, daysAgo(6))
  await github.settle()
  return {
    repo,
    repoId,
    number,
    labels: () => github.state.item(repo, number).labels,
    push(by) {
      const files = { [`by-${by}.txt`]: by }
      const sha = github.pushCommit(repo, `made-by-${by}`, { files, author: 'rob', from: 'topic', at: daysAgo(9) })
      github.forcePush(repo, 'topic', sha, by)
    },
  }
}

test('a person’s push un-stales at once, whenever its commits were made, and is known to later sweeps', async () => {
  const { repo, repoId, number, labels, push } = await makeStalePull()
  push('rob')
  await app.github.until('it not to be stale', () => !labels().includes('Stale'))
  const { sweeps } = app.serving.store
  expect(await sweeps.pushes(repoId)).toMatchObject([{ number, by: 'rob' }])
  await sweeps.enqueue('stale', repoId)
  const decisions = async () => (await sweeps.list({ repoId, kind: 'stale', limit: 5 })).flatMap((one) => one.decisions)
  const reason = expect.stringMatching(/^last active \d+ (?:ms|s|min).* ago; it becomes stale after 30 days$/)
  await expect.poll(decisions, { timeout: 10_000 }).toMatchObject([{ subject: `#${number}`, do: [], reason }])
  app.github.closePullRequest(repo, number, 'ann')
  await expect.poll(() => sweeps.pushes(repoId), { timeout: 10_000 }).toEqual([])
})

test.each(['renovate[bot]', 'ci-user'])('a push of %s, who counts as a bot, does not', async (by) => {
  const { repoId, labels, push } = await makeStalePull()
  push(by)
  await app.github.settle()
  const { sweeps } = app.serving.store
  await sweeps.enqueue('stale', repoId)
  const ended = async () => (await sweeps.list({ repoId, kind: 'stale', limit: 5 })).map(({ state }) => state)
  await expect.poll(ended, { timeout: 10_000 }).toEqual(['done'])
  expect(labels()).toEqual(['Stale'])
})
