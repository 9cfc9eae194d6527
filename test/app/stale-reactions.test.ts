/** What the app does about single issues and pull requests as soon as somebody did something, and what it writes about its sweeps. */
import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makeProject, type Project } from '../support/project.ts'
import { daysAgo } from '../support/stale-project.ts'

const app = useApp()

const CONFIG = `version: 1
pipelines: {}
sweeps: { tracking_issue: true }
stale:
  days_before_stale: 30
  days_before_close: 7
  stale_issue_message: Still?
  stale_pr_message: Still?
`

/** A repository whose sweeps the app knows of. */
async function makeSwept(): Promise<Project & { readonly repoId: number }> {
  const project = makeProject(app, { config: CONFIG })
  const { id } = app.github.state.repository(project.repo)
  await follow(project.repo, id)
  return { ...project, repoId: id }
}

/** A push has the app look at what the configuration wants. */
async function follow(repo: string, id: number): Promise<void> {
  app.github.pushCommit(repo, 'main', { files: { 'more.txt': `${Date.now()}` }, author: 'ann' })
  await followed(id)
}

async function followed(id: number): Promise<void> {
  const known = async () => (await app.serving.store.sweeps.find(id))?.staleLabels ?? []
  await expect.poll(known, { timeout: 10_000 }).toEqual(['stale'])
}

function openStale(
  { repo }: Project,
  number = app.github.openIssue(repo, { title: 'Old', author: 'rob', at: daysAgo(50) }),
) {
  const us = `${app.github.app.slug}[bot]`
  app.github.comment(repo, number, 'Still?\n\n<!-- signalbox:stale mark -->', us, daysAgo(2))
  app.github.addLabel(repo, number, 'Stale', us, daysAgo(2))
  return number
}

const labels = ({ repo }: Project, number: number) => app.github.state.item(repo, number).labels
const comments = ({ repo }: Project, number: number) => app.github.state.item(repo, number).comments.length

test('a comment, a push and a review un-stale at once', async () => {
  const project = await makeSwept()
  const issue = openStale(project)
  const pulls = ['one', 'two'].map((branch) => {
    app.github.pushCommit(project.repo, branch, { files: { [branch]: branch }, author: 'rob', at: daysAgo(50) })
    return openStale(
      project,
      app.github.openPullRequest(project.repo, { head: branch, author: 'rob', at: daysAgo(50) }),
    )
  })
  const [pushed = 0, reviewed = 0] = pulls
  app.github.comment(project.repo, issue, 'Yes.', 'rob')
  app.github.pushCommit(project.repo, 'one', { files: { more: 'more' }, author: 'rob' })
  app.github.review(project.repo, reviewed, { by: 'ann', state: 'approved' })
  for (const number of [issue, pushed, reviewed])
    await app.github.until(`#${number} not to be stale`, () => !labels(project, number).includes('Stale'))
})

test('the label by hand is followed by one warning; /keep of a writer keeps, of a stranger does not', async () => {
  const project = await makeSwept()
  const { repo } = project
  const number = app.github.openIssue(repo, { title: 'Young', author: 'rob', at: daysAgo(3) })
  app.github.addLabel(repo, number, 'Stale', 'ann')
  await app.github.until('the warning', () => comments(project, number) === 1)
  const kept = openStale(project)
  app.github.comment(repo, kept, '/keep', 'eve')
  await app.github.until('eve’s comment to count as one', () => !labels(project, kept).includes('Stale'))
  expect(labels(project, kept)).not.toContain('keep')
  app.github.comment(repo, kept, '/keep', 'ann')
  await app.github.until('ann to keep it', () => labels(project, kept).includes('keep'))
  expect(comments(project, number)).toBe(1)
})

test('sweeps are reported in one issue, which is found again and edited', async () => {
  const project = await makeSwept()
  const { repo, repoId } = project
  const number = app.github.openIssue(repo, { title: 'Old', author: 'rob', at: daysAgo(50) })
  const { sweeps } = app.serving.store
  const ended = async () =>
    (await sweeps.list({ repoId, items: true, limit: 10 })).filter(({ state }) => state === 'done').length
  const sweep = async (count: number) => {
    await sweeps.enqueue('stale', repoId)
    await expect.poll(ended, { timeout: 10_000 }).toBe(count)
    await app.github.settle()
  }
  await sweep(1)
  expect(labels(project, number)).toEqual(['Stale'])
  const { trackingIssue } = (await sweeps.find(repoId)) ?? {}
  if (typeof trackingIssue !== 'number') throw new Error('no issue')
  expect(app.github.state.item(repo, trackingIssue)).toMatchObject({ state: 'open', kind: 'issue' })
  expect(app.github.state.item(repo, trackingIssue).body).toContain('| mark | done | last active 50 days ago |')
  await sweep(2)
  expect((await sweeps.find(repoId))?.trackingIssue).toBe(trackingIssue)
  // As when the app is suspended, and is not any more.
  const swept = await sweeps.find(repoId)
  if (swept === null) throw new Error('not known')
  await sweeps.unfollow({ installationId: swept.installationId, repoIds: [repoId] })
  expect(await sweeps.find(repoId)).toBeNull()
  await sweeps.enqueueFollow(swept)
  await followed(repoId)
  await sweep(3)
  expect((await sweeps.find(repoId))?.trackingIssue).toBe(trackingIssue)
  expect(labels(project, trackingIssue)).toEqual([])
})
