/**
 * Images at GitHub's packages where there is no PACKAGES_TOKEN: the sweep decides, and a workflow of the repository, which the
 * sandbox's runner really runs, carries its plan out with a token of its own.
 */
import { resolve } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { renderWorkflow } from '../../src/cli/init/render-workflow.ts'
import { readImagePlan } from '../../src/domain/image-plan.ts'
import { CLEANUP_PLAN } from '../../src/domain/scaffold/workflow-plans.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { ScriptedRun } from '../../src/sandbox/sandbox.ts'
import { useApp } from '../support/app.ts'
import {
  ended,
  makeSweptProject,
  packagesEnvironment,
  type SweptOptions,
  type SweptProject,
} from '../support/ghcr-app.ts'
import { readWorkflow } from '../support/workflow-rules.ts'

const app = useApp({ env: (sandbox) => packagesEnvironment(sandbox, null) })

const CLI = resolve('src/cli.ts')
const FILE = '.github/workflows/signalbox-cleanup.yml'
const SCAFFOLDED = renderWorkflow({
  ...CLEANUP_PLAN,
  values: { ...CLEANUP_PLAN.values, runner: 'ubuntu-24.04', cli: null, forks: false },
})
const TIMEOUT = { timeout: 120_000 }

interface Handing extends SweptProject {
  /** What the workflow runs reported, in order. */
  readonly carriedOut: SweepReport[]
  readonly plans: () => string[]
}

/** @param meanwhile done once the plan is handed over, before it is carried out. */
async function makeHanding(options: SweptOptions = {}, meanwhile = () => {}): Promise<Handing> {
  const project = await makeSweptProject(app, { ...options, files: { [FILE]: SCAFFOLDED, ...options.files } })
  const carriedOut: SweepReport[] = []
  app.runners.set(project.repo, (run) => ({
    work: async () => {
      meanwhile()
      const { exitCode, stdout, stderr } = await runWorkflow(run)
      if (stdout === '') throw new Error(`${exitCode}: ${stderr}`)
      carriedOut.push(JSON.parse(stdout))
      return exitCode === 0 ? 'success' : 'failure'
    },
  }))
  const runs = () => app.github.state.workflowRuns(project.repo)
  return { ...project, carriedOut, plans: () => runs().map(({ inputs }) => inputs.plan ?? '') }
}

/** The last step of the scaffolded workflow, with what such a step has. */
function runWorkflow({ repo, inputs }: ScriptedRun) {
  const { github } = app
  const command = readWorkflow(SCAFFOLDED).jobs.images?.steps?.at(-1)?.run ?? ''
  const script = `${command.replace('npx --yes "$SIGNALBOX_CLI"', `"${process.execPath}" "${CLI}"`)} --json`
  return execa('bash', ['-eo', 'pipefail', '-c', script], {
    env: {
      PATH: process.env.PATH,
      GITHUB_API_URL: github.baseUrl,
      GITHUB_SERVER_URL: `http://${github.host}`,
      GITHUB_REPOSITORY: repo,
      GITHUB_TOKEN: github.workflowToken(repo, { packages: 'write', metadata: 'read' }),
      SIGNALBOX_PACKAGES_HOSTS: github.host,
      PLAN: inputs.plan,
    },
    extendEnv: false,
    reject: false,
  })
}

const PUBLIC = { visibility: 'public' } as const
const CLOSED = { rules: [{ pull_requests: 'closed' }, { untagged: true }], max_delete_percent: 90 }
const signature = (digest: string) => `${digest.replace(':', '-')}.sig`

/** A pull request that is closed, of which no event told, and its images beside others. */
async function fill({ package: images, openPull, repo }: SweptProject): Promise<number> {
  const { github } = app
  github.faults.webhooks({ vanish: ({ event }) => event === 'pull_request' })
  const { number } = openPull('topic')
  github.closePullRequest(repo, number, 'ann')
  images.pushMultiArch('main', { tags: ['main', 'latest'], ...PUBLIC })
  images.pushMultiArch('pr', { tags: [`pr-${number}`], children: ['main-amd64'], days: 50 })
  images.push('pr-signature', { tags: [signature(images.digest('pr'))] })
  images.push('inner-image')
  images.push('inner', { children: ['inner-image'] })
  images.push('nested', { tags: [`pr-${number}-all`], children: ['inner'], days: 45 })
  images.push('shared', { tags: [`pr-${number}-debug`, 'stable'] })
  await github.settle()
  github.faults.clear()
  return number
}

const STAYS = {
  main: 'latest,main',
  'main-amd64': '',
  'main-amd64-attestation': '',
  'main-arm64': '',
  'main-arm64-attestation': '',
  shared: 'stable',
}

test('the workflow does what was decided, once', TIMEOUT, async () => {
  const project = await makeHanding({ images: CLOSED })
  const { package: images, repo, carriedOut, plans } = project
  await fill(project)
  // What no tag leads to is seen only with a token.
  images.push('orphan')
  images.push('pr-referrer', { subject: 'pr' })
  const report = await project.sweepOne()
  await ended(app, project.repoId)
  expect(images.versions()).toEqual({ ...STAYS, orphan: '', 'pr-referrer': '' })
  await images.pullAll()
  const [run] = app.github.state.workflowRuns(repo)
  expect(run).toMatchObject({ conclusion: 'success', headBranch: 'main' })
  expect(run?.workflow.path).toBe(FILE)
  const url = `http://${app.github.host}/${repo}/actions/runs/${run?.id}`
  expect(report.state).toBe('done')
  expect(report.problems).toEqual([
    `${images.name} does not list versions without a tag: those that nothing refers to are not seen.`,
  ])
  expect(Object.values(images.notes(report)).every((note) => note.endsWith(`to ${url}`))).toBe(true)
  expect(readImagePlan(plans()[0] ?? '')).toMatchObject({
    ok: true,
    plan: { sweep: report.id, repository: images.name },
  })
  // Decision and deed agree, in their order.
  const [done] = carriedOut
  expect(done?.outcomes.map(({ subject, do: doing, outcome }) => [subject, doing, outcome])).toEqual(
    report.outcomes.map(({ subject, do: doing }) => [subject, doing, 'done']),
  )
  expect(Object.keys(images.outcomes(report))).toHaveLength(10)

  const again = await project.sweepOne()
  expect([again.state, again.outcomes, plans().length]).toEqual(['done', [], 1])
})

test('what changed since is left alone, and what is left alone stays whole', TIMEOUT, async () => {
  let meanwhile = () => {}
  const project = await makeHanding({ images: CLOSED }, () => meanwhile())
  const { package: images, carriedOut } = project
  const number = await fill(project)
  images.pushMultiArch('by-hand', { tags: [`pr-${number}-by-hand`], days: 46 })
  images.pushMultiArch('tagged', { tags: [`pr-${number}-tagged`], days: 47 })
  images.push('tagged-signature', { tags: [signature(images.digest('tagged'))] })
  images.pushMultiArch('part', { tags: [`pr-${number}-part`], days: 48 })
  meanwhile = () => {
    app.github.deletePackageVersion(images.path, images.digest('by-hand'))
    app.github.deletePackageVersion(images.path, images.digest('inner-image'))
    images.retag('tagged', 'v1')
    images.push('since', { tags: [`pr-${number}-since`], days: 0 })
    images.push('since-index', { tags: ['v2'], children: ['part-arm64'], days: 0 })
  }
  await project.sweepOne()
  await ended(app, project.repoId)
  const tagged = ['tagged-amd64', 'tagged-amd64-attestation', 'tagged-arm64', 'tagged-arm64-attestation']
  expect(images.versions()).toEqual({
    ...STAYS,
    ...Object.fromEntries(tagged.map((name) => [name, ''])),
    'part-arm64': '',
    since: `pr-${number}-since`,
    'since-index': 'v2',
    tagged: `pr-${number}-tagged,v1`,
    'tagged-signature': signature(images.digest('tagged')),
  })
  await images.pullAll()
  const [done] = carriedOut
  if (done === undefined) throw new Error('nothing was carried out')
  const notes = images.notes(done)
  const outcomes = images.outcomes(done)
  for (const name of ['tagged', 'tagged-signature', ...tagged, 'part-arm64'])
    expect([name, outcomes[name]]).toEqual([name, 'skipped: delete'])
  expect(notes).toMatchObject({
    'by-hand': 'it was gone already',
    'inner-image': 'it was gone already',
    'by-hand-amd64': '',
    tagged: 'it was pushed, or got a tag, since that was decided',
    'tagged-signature': `it belongs to ${images.digest('tagged')}, which stays`,
    'tagged-amd64': expect.stringContaining(`${images.digest('tagged')} needs it, which stays`),
    'part-arm64': expect.stringContaining(`${images.digest('since-index')} needs it, which stays`),
  })
  // Whatever is due now goes with the next one, of which nothing is in the way.
  meanwhile = () => {}
  await project.sweepOne()
  await ended(app, project.repoId)
  expect(Object.keys(images.versions())).not.toContain('since')
  expect(images.versions()).toMatchObject({ tagged: 'v1', 'part-arm64': '' })
  await images.pullAll()
})

test('where the workflow is not there, all is refused, and it is told what to do', async () => {
  const project = await makeSweptProject(app, { images: CLOSED })
  await fill(project)
  const before = project.package.versions()
  const report = await project.sweepOne()
  expect(project.package.versions()).toEqual(before)
  expect(new Set(report.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['refused']))
  expect(report.outcomes[0]?.note).toMatch(
    /^signalbox-cleanup\.yml could not be dispatched: .+; add it .+ or set PACKAGES_TOKEN$/,
  )
  expect(report.outcomes).toHaveLength(10)
})

test('a plan that is too long is handed over in parts, each of whole images', TIMEOUT, async () => {
  const project = await makeHanding({ images: { ...CLOSED, operations_per_run: 10_000, max_delete_percent: 100 } })
  const { package: images, plans, carriedOut } = project
  const number = await fill(project)
  const long = (name: string) =>
    Array.from({ length: 12 }, (_, part) => `pr-${number}-${name}-${part}-`.padEnd(128, 'x'))
  for (let index = 0; index < 25; index++) {
    const name = `long-${index}`
    images.push(`${name}-image`)
    images.push(name, { tags: long(name), days: 100 - index, children: [`${name}-image`] })
    images.push(`${name}-signature`, { tags: [signature(images.digest(name)), ...long(`${name}-signature`)] })
  }
  await project.sweepOne()
  await ended(app, project.repoId)
  expect(plans()).toHaveLength(1)
  expect(plans()[0]?.length).toBeGreaterThan(55_000)
  expect(plans()[0]?.length).toBeLessThanOrEqual(60_000)
  const left = (await project.reports())[0]?.outcomes.filter(({ outcome }) => outcome === 'left') ?? []
  expect(left.length).toBeGreaterThan(20)
  // Each image is there with all its parts, or not at all.
  const parts = new Map<string, number>()
  for (const name of Object.keys(images.versions())) {
    const [, index] = /^(long-\d+)/.exec(name) ?? []
    if (index !== undefined) parts.set(index, (parts.get(index) ?? 0) + 1)
  }
  expect(new Set(parts.values())).toEqual(new Set([3]))
  await images.pullAll()
  for (let sweeps = 1; sweeps < 4 && Object.keys(images.versions()).length > 6; sweeps++) {
    await project.sweepOne()
    await ended(app, project.repoId)
  }
  expect(images.versions()).toEqual(STAYS)
  expect(plans()).toHaveLength(2)
  expect(carriedOut.flatMap(({ outcomes }) => outcomes.map(({ outcome }) => outcome))).toEqual(
    Array(25 * 3 + 10).fill('done'),
  )
})

const DISPATCHES = { method: 'POST', path: '/dispatches' }

test('limited while it hands over, it waits as long as it is told, and hands over once', TIMEOUT, async () => {
  const project = await makeHanding({ images: CLOSED })
  await fill(project)
  app.github.faults.rateLimit({ ...DISPATCHES, limit: 'secondary', waitSeconds: 1 })
  const reports = await project.sweep()
  expect(reports.map(({ state }) => state)).toEqual(['done'])
  await ended(app, project.repoId)
  expect([project.plans().length, project.package.versions()]).toEqual([1, STAYS])
})

test('not answered when it hands over, it says that it is not known; the next one does no harm', TIMEOUT, async () => {
  const project = await makeHanding({ images: CLOSED })
  await fill(project)
  app.github.faults.loseReply({ ...DISPATCHES, with: 502 })
  const report = await project.sweepOne()
  expect(new Set(report.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['failed']))
  await ended(app, project.repoId)
  expect(project.package.versions()).toEqual(STAYS)
  expect((await project.sweepOne()).outcomes).toEqual([])
  expect(project.plans()).toHaveLength(1)
})

test('a package that only its people may read is not looked at without a token, and it is told what to do', async () => {
  const project = await makeSweptProject(app, { images: CLOSED })
  await fill(project)
  app.github.setPackageVisibility(project.package.path, 'private')
  const report = await project.sweepOne()
  expect([report.state, report.decisions]).toEqual(['failed', []])
  expect(report.problems.join()).toContain('It is private, or does not exist: check the name, and log in')
})
