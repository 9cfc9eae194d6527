/** Images at GitHub's packages, swept by the whole app with a PACKAGES_TOKEN: what goes, what stays whole, and what is said of it. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { useApp } from '../support/app.ts'
import { ended, keepLog, makeSweptProject, OWN, packagesEnvironment, type SweptProject } from '../support/ghcr-app.ts'
import { makeGhcrPackage, ownerToken } from '../support/ghcr-project.ts'
import { pullWhole, pushBuildCache } from '../support/oci-images.ts'
import { WORKFLOW } from '../support/project.ts'

const kept = keepLog()
const app = useApp({
  log: kept.log,
  env: (sandbox) => packagesEnvironment(sandbox, ownerToken(sandbox, ['acme', 'umbrella'])),
})

const RULES = [
  { pull_requests: 'closed' },
  { branches: 'deleted' },
  { keep_semver: { major: 1 } },
  { buildcache: true },
  { untagged: true, older_than: '7d' },
]
const SIGNED = (digest: string) => `${digest.replace(':', '-')}.sig`
const DEPLOY = `name: Deploy
on: { workflow_dispatch: { inputs: { sha: { type: string } } } }
jobs: { work: { runs-on: ubuntu-latest, steps: [{ run: "true" }] } }
`
/** In days. */
const HOUR = 1 / 24
const ABSENT = `sha256:${'0'.repeat(64)}`

/** Something of everything. */
async function fill({ repo, package: images, openPull }: SweptProject): Promise<void> {
  const { github } = app
  // The closing of a pull request would have its images swept at once.
  github.faults.webhooks({ vanish: ({ event }) => event === 'pull_request' })
  const [closed, open] = [openPull('topic-gone'), openPull('topic-live')]
  github.closePullRequest(repo, closed.number, 'ann')
  github.deleteBranch(repo, 'topic-gone')
  images.pushMultiArch('main', { tags: ['latest', 'main', 'v2.1.0'] })
  images.push('main-referrer', { subject: 'main' })
  images.push('main-signature', { tags: [SIGNED(images.digest('main'))] })
  images.pushMultiArch('old', { tags: ['v1.0.0', 'v1'] })
  images.pushMultiArch('pr', { tags: [`pr-${closed.number}`, closed.sha.slice(0, 7)], children: ['main-amd64'] })
  images.push('pr-signature', { tags: [SIGNED(images.digest('pr'))] })
  images.push('pr-referrer', { subject: 'pr' })
  images.push('pr-referrer-of-referrer', { subject: 'pr-referrer' })
  images.push('nested-image')
  images.push('nested-index', { children: ['nested-image'] })
  images.push('nested', { tags: [`pr-${closed.number}-all`], children: ['nested-index'] })
  images.pushMultiArch('open', { tags: [`pr-${open.number}`, open.sha] })
  images.push('shared', { tags: [`pr-${closed.number}-debug`, 'stable'] })
  images.push('branch-gone', { tags: ['topic-gone'] })
  images.push('branch-live', { tags: ['topic-live'] })
  images.push('orphan')
  images.push('orphan-young', { days: 6 })
  images.push('orphan-referrer', { subject: ABSENT })
  images.pushMultiArch('broken', { tags: ['v2.0.0'] })
  github.deletePackageVersion(images.path, images.digest('broken-arm64'))
  await pushBuildCache(images.target, 'buildcache-amd64')
  // What was pushed in the second of the decision may have been pushed after it, for all that GitHub tells.
  await setTimeout(1_100)
  await github.settle()
  github.faults.clear()
}

const STAYS = {
  'branch-live': 'topic-live',
  broken: 'v2.0.0',
  'broken-amd64': '',
  'broken-amd64-attestation': '',
  'broken-arm64-attestation': '',
  main: 'latest,main,v2.1.0',
  'main-amd64': '',
  'main-amd64-attestation': '',
  'main-arm64': '',
  'main-arm64-attestation': '',
  'main-referrer': '',
  'open-amd64': '',
  'open-amd64-attestation': '',
  'open-arm64': '',
  'open-arm64-attestation': '',
  'orphan-young': '',
  shared: 'stable',
}

const GONE = [
  'branch-gone',
  'nested',
  'nested-image',
  'nested-index',
  'old',
  'old-amd64',
  'old-amd64-attestation',
  'old-arm64',
  'old-arm64-attestation',
  'orphan',
  'orphan-referrer',
  'pr',
  'pr-amd64',
  'pr-amd64-attestation',
  'pr-arm64',
  'pr-arm64-attestation',
  'pr-referrer',
  'pr-referrer-of-referrer',
  'pr-signature',
]

test('what is due goes, all else stays whole; the next sweep finds nothing to do', async () => {
  const { github, serving } = app
  const project = await makeSweptProject(app, {
    images: { rules: RULES, keep: ['latest'], max_delete_percent: 60 },
    more: () => ({ sweeps: { tracking_issue: true } }),
  })
  const { package: images, repo, repoId } = project
  await fill(project)
  const before = images.versions()
  const open = { open: before.open ?? '', 'main-signature': before['main-signature'] ?? '' }
  github.state.clearRequests()
  const report = await project.sweepOne()
  const asked = github.state.requestCounts
  expect(report.spent).toEqual({ requests: countSwept(), points: 0 })
  expect(images.versions()).toEqual({ ...STAYS, ...open })
  await images.pullAll('v2.0.0')
  // Each is looked at right before it goes; what a digest names is read once, and once more where a tag is taken away.
  const writes = GONE.length + 2
  expect(asked).toMatchObject({
    [`GET ${VERSIONS}/{package_version_id}`]: writes + 1,
    [`DELETE ${VERSIONS}/{package_version_id}`]: writes,
  })
  const manifests = asked[MANIFESTS] ?? 0
  expect(manifests).toBeGreaterThan(Object.keys(before).length)
  expect(manifests).toBeLessThanOrEqual(Object.keys(before).length + 1 + MISSING)

  expect(report).toMatchObject({ state: 'done', target: images.name, dryRun: false, stopped: null })
  expect(report.problems).toEqual([
    `${images.name}@${images.digest('broken')} names ${images.digest('broken-arm64')}, which is not there: it cannot be pulled whole.`,
  ])
  const outcomes = Object.entries(images.outcomes(report))
  const done = (doing: string) => outcomes.filter(([, outcome]) => outcome === `done: ${doing}`).map(([name]) => name)
  const isCache = (name: string) => name.includes('sha256:')
  const deleted = done('delete')
  expect(deleted.filter((name) => !isCache(name)).toSorted()).toEqual(GONE)
  expect([deleted.filter(isCache).length, done('untag'), outcomes.length]).toEqual([1, ['shared'], GONE.length + 2])
  expect(report.decisions).toHaveLength(Object.keys(before).length)
  expect(report.decisions.every(({ reason }) => reason !== '')).toBe(true)
  const stored = await serving.store.sweeps.get(report.id ?? '')
  expect(stored).toMatchObject({ outcomes: report.outcomes, spent: report.spent })
  expectLogged(report)

  const { trackingIssue } = (await serving.store.sweeps.find(repoId)) ?? {}
  const issue = () => github.state.item(repo, trackingIssue ?? 0)
  expect(issue().body).toContain(`39 looked at; delete 20, untag 1; ${report.spent.requests} requests`)
  expect(issue().body).toContain(`it goes with ${images.digest('pr')}, which contains it |`)

  github.state.clearRequests()
  const again = await project.sweepOne()
  expect([again.state, again.outcomes, images.versions()]).toEqual(['done', [], { ...STAYS, ...open }])
  // What was read before is remembered; but what is named and not listed is looked for.
  expect(github.state.requestCounts[MANIFESTS] ?? 0).toBeLessThanOrEqual(MISSING)
  expect(again.spent.requests).toBe(countSwept())
  expect(again.spent.requests).toBeLessThanOrEqual(11 + MISSING)
  expect(issue().body).toContain(`19 looked at; nothing was to be done; ${again.spent.requests} requests`)
  expect(issue().body).not.toContain('39 looked at')
  expect((await serving.store.sweeps.find(repoId))?.trackingIssue).toBe(trackingIssue)
  // Beside the two pull requests there is nothing.
  const kinds = [1, 2, 3].map((number) => github.state.item(repo, number).kind)
  expect(kinds.filter((kind) => kind === 'issue')).toHaveLength(1)
  expect(() => github.state.item(repo, 4)).toThrow()
})

const MANIFESTS = 'GET /v2/{name}/manifests/{reference}'
/** What is named and not there: a part of an index, what a referrer refers to. */
const MISSING = 2
const VERSIONS = '/orgs/{org}/packages/{package_type}/{package_name}/versions'

/** All requests, but those that find the configuration, or write the report. */
function countSwept(): number {
  const isOther = ({ route, path }: { route: string | null; path: string }) =>
    route === '/repos/{owner}/{repo}' || /\/contents\/|\/issues|^\/app|access_tokens/.test(path)
  return app.github.state.requests.filter((request) => !isOther(request)).length
}

/** One line for the sweep, and one for each thing that was done, with its reason. */
function expectLogged(report: SweepReport): void {
  const { id, target, outcomes, decisions, spent } = report
  const line = kept.records('swept').find((record) => record.id === id)
  expect(line).toMatchObject({ target, looked: decisions.length, done: outcomes.length, state: report.state, ...spent })
  const subjects = new Set(outcomes.map(({ subject }) => subject))
  const told = kept.records('sweep: outcome').filter(({ subject }) => subjects.has(String(subject)))
  const reasons = new Map(decisions.map(({ subject, reason }) => [subject, reason]))
  expect(told.map(({ subject, outcome, reason }) => [subject, outcome, reason])).toEqual(
    outcomes.map(({ subject, outcome }) => [subject, outcome, reasons.get(subject)]),
  )
}

test('what files, releases and previews name stays, whatever the rules say', async () => {
  const { github } = app
  const project = await makeSweptProject(app, {
    images: { rules: [{ tags: ['*'], older_than: '1d', untagged: true }], max_delete_percent: 100 },
    more: (repository) => ({
      pipelines: { ci: { on: { pull_request: {} }, jobs: { build: { workflow: 'build.yml' } } } },
      previews: { shop: { label: 'deploy', repository, workflow: 'deploy.yml', inputs: { sha: '${{ sha }}' } } },
    }),
    files: { '.github/workflows/build.yml': WORKFLOW, '.github/workflows/deploy.yml': DEPLOY },
  })
  const { repo, package: images, openPull } = project
  const { name, push } = images
  images.pushMultiArch('by-workflow')
  push('by-action', { tags: ['action'] })
  push('by-compose', { tags: ['compose', 'compose-other'] })
  images.pushMultiArch('by-helm', { tags: ['1.10'] })
  push('by-kubernetes', { tags: ['kubernetes'] })
  push('by-release', { tags: ['3.1.0'] })
  push('by-notes', { tags: ['noted'] })
  push('by-draft', { tags: ['3.2.0'] })
  push('by-readme', { tags: ['readme'] })
  push('by-branch', { tags: ['branch'] })
  push('nobody', { tags: ['nobody'] })
  push('nobody-untagged')
  const owner = `${github.host}/\${{ github.repository }}`
  github.pushCommit(repo, 'main', {
    author: 'ann',
    files: {
      '.github/workflows/deploy.yml': `${DEPLOY}# runs ${owner}@${images.digest('by-workflow')}\n`,
      'tools/lint/action.yml': `runs: { using: docker, image: "docker://${name}:action" }\n`,
      'docker-compose.yml': `services: { app: { image: "${name}:\${TAG:-compose}" } }\n`,
      'chart/values.yaml': `image:\n  registry: ${github.host}\n  repository: ${images.path}\n  tag: 1.10\n`,
      'deploy/app.yaml': `kind: Pod\nspec: { containers: [{ image: "${name}@${images.digest('by-kubernetes')}" }] }\n`,
      'README.md': `docker pull ${name}:readme\n`,
    },
  })
  github.pushCommit(repo, 'other', { author: 'ann', files: { 'compose.yml': `x: { image: "${name}:branch" }\n` } })
  github.createRelease(repo, { tag: 'v3.1.0', body: `Also as ${name}:noted.` })
  github.createRelease(repo, { tag: 'v3.2.0', draft: true })
  const pull = openPull('topic')
  github.addLabel(repo, pull.number, 'deploy', 'ann')
  await github.until('the preview to be deployed', () => github.state.deployments(repo).at(-1)?.state === 'success')
  // The pull request has gone on since, and what was deployed of it is still in use.
  github.faults.webhooks({ vanish: () => true })
  github.pushCommit(repo, 'topic', { files: { 'more.txt': 'more' }, author: 'ann' })
  images.pushMultiArch('by-preview', { tags: [`${pull.sha.slice(0, 7)}-debian`] })
  push('by-preview-whole', { tags: [pull.sha] })
  const report = await project.sweepOne()
  expect(report.problems).toEqual([])
  const stay = Object.keys(images.versions())
  const parts = ['by-helm', 'by-preview', 'by-workflow'].flatMap((index) =>
    ['', '-amd64', '-amd64-attestation', '-arm64', '-arm64-attestation'].map((part) => index + part),
  )
  const single = ['by-action', 'by-compose', 'by-kubernetes', 'by-notes', 'by-preview-whole', 'by-release']
  expect(stay).toEqual([...parts, ...single].toSorted())
  expect(images.versions()).toMatchObject({ 'by-compose': 'compose', 'by-kubernetes': 'kubernetes' })
  await images.pullAll()
  await pullWhole(images.target, images.digest('by-workflow'))
})

describe('when a pull request closes', () => {
  const images = { rules: [{ pull_requests: 'closed' }], max_delete_percent: 100 }
  const fillOne = ({ package: one, openPull }: SweptProject) => {
    const [first, second] = [openPull('first'), openPull('second')]
    one.pushMultiArch('main', { tags: ['main'] })
    one.pushMultiArch('first', { tags: [`pr-${first.number}`, first.sha], days: HOUR })
    one.pushMultiArch('second', { tags: [`pr-${second.number}`, second.sha], days: HOUR })
    return [first.number, second.number] as const
  }
  const indexes = ({ package: one }: SweptProject) => Object.keys(one.versions()).filter((name) => !name.includes('-'))

  test('its images go at once', async () => {
    const project = await makeSweptProject(app, { images })
    const [first] = fillOne(project)
    app.github.closePullRequest(project.repo, first, 'ann')
    await app.github.until('its images to be gone', () => indexes(project).join() === 'main,second')
    await ended(app, project.repoId)
    expect(Object.keys(project.package.versions())).toHaveLength(10)
    await project.package.pullAll()
    expect((await project.reports()).at(-1)).toMatchObject({ state: 'done' })
  })

  test('and no event tells of it, they go with the next sweep', async () => {
    const project = await makeSweptProject(app, { images })
    const [first, second] = fillOne(project)
    app.github.faults.webhooks({ vanish: () => true })
    app.github.closePullRequest(project.repo, first, 'ann')
    app.github.mergePullRequest(project.repo, second, 'ann')
    await app.github.settle()
    expect(await project.reports()).toEqual([])
    await project.sweepOne()
    expect(indexes(project)).toEqual(['main'])
    expect(Object.keys(project.package.versions())).toHaveLength(5)
  })

  test('and nothing is confirmed, nothing is looked at', async () => {
    const project = await makeSweptProject(app, { images: { ...images, confirmed: false } })
    const [first] = fillOne(project)
    app.github.closePullRequest(project.repo, first, 'ann')
    await app.github.settle()
    expect(await project.reports()).toEqual([])
    const report = await project.sweepOne()
    expect([report.state, report.stopped]).toEqual(['stopped', expect.stringContaining('confirmed: true')])
    expect(report.decisions.filter(({ do: doing }) => doing.includes('delete'))).toHaveLength(5)
    expect(indexes(project)).toEqual(['first', 'main', 'second'])
  })
})

test.each([
  ['is the first', 'broken', 'own'],
  ['is the last', 'own', 'broken'],
])('of two packages one cannot be listed; the other is swept, also where it %s', async (_, ...order) => {
  const { github } = app
  const place = { own: `${github.host}/${OWN}`, broken: `${github.host}/${OWN}-broken` }
  const project = await makeSweptProject(app, {
    images: { rules: [{ older_than: '1d' }], keep: ['new'], repositories: order.map((one) => place[one as 'own']) },
  })
  const broken = await makeGhcrPackage(github, `${project.repo}-broken`, project.repo)
  for (const images of [project.package, broken]) {
    images.push('old', { tags: ['old'] })
    images.push('new', { tags: ['new'] })
  }
  github.faults.respond({ path: `/${broken.path.split('/')[1]}/versions`, status: 403, times: 100 })
  const reports = new Map((await project.sweep()).map((report) => [report.target, report]))
  expect([...reports.keys()].toSorted()).toEqual([project.package.name, broken.name].toSorted())
  expect(reports.get(broken.name)).toMatchObject({ state: 'failed', outcomes: [] })
  expect(reports.get(broken.name)?.problems.join()).toContain('PACKAGES_TOKEN must be')
  expect(reports.get(project.package.name)).toMatchObject({ state: 'done' })
  expect([project.package.versions(), broken.versions()]).toEqual([{ new: 'new' }, { new: 'new', old: 'old' }])
  github.faults.clear()
  await project.sweep()
  expect(broken.versions()).toEqual({ new: 'new' })
})
