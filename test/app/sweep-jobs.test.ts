/** Jobs of sweeps when something is wrong with one of several, or with what is told of them. */
import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { ended, makeSweptProject, OWN, packagesEnvironment } from '../support/ghcr-app.ts'
import { ownerToken } from '../support/ghcr-project.ts'

const app = useApp({ env: (sandbox) => packagesEnvironment(sandbox, ownerToken(sandbox, ['acme'])) })
const RULES = [{ pull_requests: 'closed' }]

function closedPull(project: Awaited<ReturnType<typeof makeSweptProject>>, branch: string) {
  app.github.faults.webhooks({ vanish: ({ event }) => event === 'pull_request' })
  const { number } = project.openPull(branch)
  app.github.closePullRequest(project.repo, number, 'ann')
  return number
}

test('a name that is none fails by itself, with the reason; the others are swept', async () => {
  const { github } = app
  const wrong = `${github.host}/single`
  const project = await makeSweptProject(app, {
    images: { repositories: [wrong, `${github.host}/${OWN}`], rules: RULES, max_delete_percent: 100 },
  })
  project.package.push('kept', { tags: ['v1'] })
  project.package.push('old', { tags: [`pr-${closedPull(project, 'topic')}`] })
  const reports = await project.sweep()
  expect(reports.find(({ target }) => target === wrong)).toMatchObject({
    state: 'failed',
    problems: [expect.stringContaining('names no package')],
  })
  expect(reports.find(({ target }) => target === project.package.name)).toMatchObject({ state: 'done' })
  expect(project.package.versions()).toEqual({ kept: 'v1' })
})

test('what GitHub does not answer for one does not keep the others waiting', { timeout: 60_000 }, async () => {
  const { github } = app
  const other = `${github.host}/acme/unanswered`
  const project = await makeSweptProject(app, {
    images: { repositories: [other, `${github.host}/${OWN}`], rules: RULES, max_delete_percent: 100 },
  })
  github.pushImage('acme/unanswered', { tags: ['1'], repository: project.repo })
  project.package.push('kept', { tags: ['v1'] })
  project.package.push('old', { tags: [`pr-${closedPull(project, 'topic')}`] })
  github.faults.respond({ path: /unanswered/, status: 502, times: 4 })
  await app.serving.store.sweeps.enqueue('images', project.repoId)
  await expect.poll(() => project.package.versions(), { timeout: 30_000 }).toEqual({ kept: 'v1' })
  await ended(app, project.repoId)
  expect((await project.reports()).map(({ target, state }) => [target, state])).toContainEqual([other, 'done'])
})

test('a report that cannot be written is written later, and no sweep is carried out twice for it', {
  timeout: 60_000,
}, async () => {
  const { github } = app
  const project = await makeSweptProject(app, {
    images: { rules: RULES, max_delete_percent: 100, operations_per_run: 1 },
    more: () => ({ sweeps: { tracking_issue: true } }),
  })
  const number = closedPull(project, 'topic')
  for (const name of ['a', 'b', 'c']) project.package.push(name, { tags: [`pr-${number}-${name}`] })
  github.faults.respond({ method: 'POST', path: /\/issues$/, status: 502, times: 1 })
  await project.sweep()
  await app.serving.store.sweeps.enqueue('follow', project.repoId, new Date())
  const issue = async () => (await app.serving.store.sweeps.find(project.repoId))?.trackingIssue
  await expect.poll(issue, { timeout: 30_000 }).toBeTypeOf('number')
  expect(await project.reports()).toHaveLength(1)
  expect(Object.keys(project.package.versions())).toHaveLength(2)
})

test('a sweep that the configuration does not want any more does not stay open', async () => {
  const { serving } = app
  const project = await makeSweptProject(app, { images: { rules: RULES } })
  const subject = { repo: (await serving.store.sweeps.find(project.repoId))?.repo, installationId: 1 }
  if (subject.repo === undefined) throw new Error('it is not followed')
  const journal = await serving.store.sweeps.open(
    { ...subject, repo: subject.repo },
    'images',
    'gone.test/acme/app',
    new Date(),
  )
  await serving.store.sweeps.enqueueOpen()
  await ended(app, project.repoId)
  const report = await serving.store.sweeps.get(journal.id ?? '')
  expect(report).toMatchObject({ state: 'stopped', stopped: 'the configuration does not want it any more' })
})
