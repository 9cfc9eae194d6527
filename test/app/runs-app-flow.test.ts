/** Old workflow runs as the app itself sweeps them: what its open runs, gates and deployments refer to stays, and limits are waited for. */
import { expect, test } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { DEFAULT_PERMISSIONS } from '../../src/sandbox/options.ts'
import { useApp } from '../support/app.ts'
import { makePreviewProject } from '../support/preview-project.ts'
import { GATE, makeProject, type Project } from '../support/project.ts'
import { deletionsOf } from '../support/runs-project.ts'
import { daysAgo } from '../support/stale-project.ts'

const app = useApp()

/** Whatever ran and is completed goes. */
const CLEANUP = 'cleanup: { workflow_runs: { days: 0, minimum_runs: 0 } }\n'
const LINT = `name: Lint
on: { pull_request: {} }
jobs:
  work: { runs-on: ubuntu-latest, steps: [{ run: "make lint" }] }
`
const CONFIG = `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs:
      build: { workflow: build.yml }
      lint: { observe: { workflow: lint.yml } }
      test: { workflow: test.yml, needs: [build] }
    gates: { tests: { name: "${GATE}", needs: [test, lint] } }
${CLEANUP}`
const IN_USE = 'an open run, gate or deployment refers to it'

const repoIdOf = (repo: string) => app.github.state.repository(repo).id
const idsOf = (repo: string) => app.github.state.workflowRuns(repo).map(({ id }) => id)
const runOf = (repo: string, file: string) => {
  const found = app.github.state.workflowRuns(repo).find(({ workflow }) => workflow.path.endsWith(`/${file}`))
  if (found === undefined) throw new Error(`there is no run of ${file}`)
  return found.id
}

/** Sweeps once, and tells how it ended. */
async function sweep(repo: string): Promise<SweepReport> {
  const { sweeps } = app.serving.store
  const repoId = repoIdOf(repo)
  // A push has the app look at what the configuration wants.
  app.github.pushCommit(repo, 'main', { files: { 'more.txt': `${Math.random()}` }, author: 'ann' })
  await expect.poll(() => sweeps.find(repoId), { timeout: 20_000 }).not.toBeNull()
  const ended = async () =>
    (await sweeps.list({ repoId, kind: 'runs', limit: 50 })).filter(({ state }) => state !== 'open')
  const before = (await ended()).length
  await sweeps.enqueue('runs', repoId)
  await expect.poll(async () => (await ended()).length, { timeout: 20_000 }).toBe(before + 1)
  const [report] = await ended()
  if (report === undefined) throw new Error('no report')
  return report
}

/** GitHub lists by whole seconds: what was made in this one is not looked at yet. */
async function untilListed(repo: string): Promise<void> {
  const newest = Math.max(...app.github.state.workflowRuns(repo).map(({ createdAt }) => createdAt.getTime()))
  await expect.poll(() => Date.now() - newest, { timeout: 20_000, interval: 100 }).toBeGreaterThan(2_000)
}

const reasonOf = (report: SweepReport, id: number) =>
  report.decisions.find(({ subject }) => subject === `run ${id}`)?.reason

function seedDecoy({ repo }: Project): number {
  const [decoy] = app.github.seedRuns(repo, [{ workflow: 'build.yml', createdAt: daysAgo(40) }])
  return decoy ?? 0
}

test('what an open run dispatched or follows stays until the run has ended', { timeout: 90_000 }, async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const project = makeProject(app, {
    config: CONFIG,
    files: { '.github/workflows/lint.yml': LINT },
    runner: ({ workflow }) => (workflow === 'test.yml' ? { work: () => held.then(() => 'success' as const) } : {}),
  })
  const { repo } = project
  const decoy = seedDecoy(project)
  const { sha } = project.openPullRequest()
  await app.github.until('the test to be at work', () => project.dispatched().includes('test.yml'))
  await app.github.until('lint to have ended', () => project.checks(sha).includes('ci / lint: success'))
  const [lint, tests] = [runOf(repo, 'lint.yml'), runOf(repo, 'test.yml')]
  await untilListed(repo)
  const dispatched = app.github.state.workflowRuns(repo).filter(({ event }) => event === 'workflow_dispatch')
  const report = await sweep(repo)
  expect(idsOf(repo)).not.toContain(decoy)
  expect(dispatched).toHaveLength(2)
  for (const id of [...dispatched.map(({ id }) => id), lint]) {
    expect(idsOf(repo)).toContain(id)
    expect(reasonOf(report, id)).toBe(id === tests ? 'it is not completed, but in_progress' : IN_USE)
  }
  release()
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  await untilListed(repo)
  await sweep(repo)
  expect(idsOf(repo)).toEqual([])
})

test('what a deployment of another repository waits for stays until the app has heard of its end', {
  timeout: 90_000,
}, async () => {
  const project = makePreviewProject(app, { needs: false })
  const { deploy } = project
  const files = { '.github/signalbox.yml': `version: 1\npipelines: {}\n${CLEANUP}` }
  app.github.pushCommit(deploy, 'main', { files, author: 'ann' })
  app.github.faults.webhooks({ drop: ({ event, action }) => event === 'workflow_run' && action === 'completed' })
  const { number, sha } = project.openPullRequest()
  project.label(number)
  await project.ran(`deploy.yml ${sha.slice(0, 7)}`)
  await app.github.until('it to have ended', () => project.deployRuns().every(({ status }) => status === 'completed'))
  await app.github.settle()
  app.github.faults.webhooks({})
  await untilListed(deploy)
  const [id = 0] = idsOf(deploy)
  const report = await sweep(deploy)
  expect([reasonOf(report, id), idsOf(deploy)]).toEqual([IN_USE, [id]])
  for (const { id, event, statusCode } of app.github.state.deliveries)
    if (event === 'workflow_run' && statusCode !== 202) app.github.redeliver(id)
  await app.github.until('the deployment to have ended', () => project.shown().join() === 'success')
  await app.github.settle()
  await sweep(deploy)
  expect(idsOf(deploy)).toEqual([])
})

test('limited in the middle, the sweep goes on by itself, as the same one', { timeout: 90_000 }, async () => {
  const project = makeProject(app, { config: `version: 1\npipelines: {}\n${CLEANUP}` })
  const { repo } = project
  const ages = Array.from({ length: 12 }, (_, index) => ({ workflow: 'test.yml', createdAt: daysAgo(40 + index) }))
  app.github.seedRuns(repo, ages)
  app.github.faults.rateLimit({
    method: 'DELETE',
    path: `/repos/${repo}/actions/runs/`,
    limit: 'secondary',
    waitSeconds: 2,
    skip: 5,
  })
  const report = await sweep(repo)
  expect(idsOf(repo)).toEqual([])
  expect(deletionsOf(app.github, repo)).toHaveLength(13)
  expect(report).toMatchObject({ state: 'done', problems: [] })
  expect(report.outcomes.map(({ outcome, operations }) => `${outcome} ${operations}`)).toEqual(ages.map(() => 'done 1'))
})

test('without the permission the sweep ends, on record, and the next one is an ordinary one', {
  timeout: 90_000,
}, async () => {
  const project = makeProject(app, { config: `version: 1\npipelines: {}\n${CLEANUP}` })
  const { repo } = project
  const decoy = seedDecoy(project)
  const { actions: _, ...others } = DEFAULT_PERMISSIONS
  try {
    app.github.setInstallationPermissions('acme', others)
    const failed = await sweep(repo)
    expect(failed).toMatchObject({ state: 'failed', outcomes: [], decisions: [] })
    expect(failed.problems).toEqual([expect.stringContaining('Resource not accessible by integration')])
    app.github.setInstallationPermissions('acme', { ...others, actions: 'read' })
    const refused = await sweep(repo)
    expect(refused).toMatchObject({ state: 'done', outcomes: [{ subject: `run ${decoy}`, outcome: 'refused' }] })
  } finally {
    app.github.setInstallationPermissions('acme', DEFAULT_PERMISSIONS)
  }
  expect((await sweep(repo)).outcomes).toMatchObject([{ subject: `run ${decoy}`, outcome: 'done' }])
  expect(idsOf(repo)).toEqual([])
})
