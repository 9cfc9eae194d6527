import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, WORKFLOW } from '../support/project.ts'

const app = useApp()

test('goes from a signed webhook to a green gate, with few requests', async () => {
  const project = makeProject(app)
  // A repository that is new is looked at once.
  await app.github.settle({ quietMs: 300 })
  app.github.state.clearRequests()
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  expect(project.checks(sha)).toEqual([
    'Tests Passed: success',
    'ci / build (alpine): success',
    'ci / build (debian): success',
    'ci / test (alpine): success',
    'ci / test (debian): success',
  ])
  expect(project.words(sha, GATE).title).toBe('2 legs passed.')
  expect(project.dispatched()).toEqual(['build.yml', 'build.yml', 'test.yml', 'test.yml'])
  const requests = app.github.state.requests.filter((request) => !request.path.startsWith('/app'))
  expect(requests.length).toBeLessThanOrEqual(3 * 4 + 12)
})

test('tells each leg what it is', async () => {
  const project = makeProject(app)
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  const [run] = app.github.state.workflowRuns(project.repo)
  const told = JSON.parse(run?.inputs.signalbox ?? '{}')
  expect(told).toEqual({
    leg: expect.stringMatching(/^r[a-z2-9]{13}-\d$/),
    attempt: `${told.leg}.1`,
    pipeline: 'ci',
    job: 'build',
    matrix: { os: expect.stringMatching(/debian|alpine/) },
    event: 'pull_request',
    ref_name: `${number}/merge`,
    sha,
    pull_request: number,
    head_ref: expect.any(String),
    base_ref: 'main',
    default_branch: 'main',
    trusted: true,
    push: true,
    build_only: false,
    image: null,
  })
  expect(run).toMatchObject({ headBranch: 'main', displayTitle: `${told.attempt} executor` })
})

test('a leg that fails once passes on its retry, and the gate waits for it', async () => {
  const config = CONFIG.replace('fail_fast: false', 'fail_fast: false, retries: { max: 1, delay: 1s }')
  const failed = new Set<string>()
  const project = makeProject(app, {
    config,
    runner: ({ signalbox }) => {
      const leg = String(signalbox?.leg)
      if (signalbox?.job !== 'test' || failed.has(leg)) return {}
      failed.add(leg)
      return { conclusion: 'failure', jobs: [{ name: 'unit tests', conclusion: 'failure' }] }
    },
  })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  expect(project.dispatched()).toHaveLength(6)
  expect(project.words(sha, 'ci / test (debian)').title).toBe('Passed on attempt 2.')
  expect(project.words(sha, 'ci / test (debian)').summary).toContain('failed: unit tests')
})

test('a failed build skips what needs it and fails the gate, with the reasons', async () => {
  const project = makeProject(app, {
    runner: ({ signalbox }) =>
      signalbox?.job === 'build' && JSON.stringify(signalbox.matrix).includes('alpine')
        ? { conclusion: 'failure', jobs: [{ name: 'compile', conclusion: 'failure' }] }
        : { hang: true },
  })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  expect(project.checks(sha)).toEqual([
    'Tests Passed: failure',
    'ci / build (alpine): failure',
    'ci / build (debian): cancelled',
    'ci / test (alpine): skipped',
    'ci / test (debian): skipped',
  ])
  expect(project.words(sha, 'ci / build (alpine)').title).toBe('Failed: the workflow run failed in compile.')
  expect(project.words(sha, 'ci / build (debian)').title).toBe(
    'Was cancelled: ci / build (alpine) failed, and the job fails fast.',
  )
  expect(project.words(sha, 'ci / test (alpine)').title).toMatch(
    /^Was skipped: needs ci \/ build \((alpine|debian)\), which (failed|was cancelled)\.$/,
  )
  expect(project.words(sha, GATE).title).toBe('ci / test (debian) and 1 more did not pass.')
})

test('a new commit cancels the older one, at GitHub too, and points to the newer', async () => {
  const project = makeProject(app, { runner: (run) => ({ hang: run.runNumber <= 2 && run.workflow === 'build.yml' }) })
  const { sha } = project.openPullRequest()
  await app.github.until(
    'builds are under way',
    () => app.github.state.workflowRuns(project.repo).filter((run) => run.status === 'in_progress').length === 2,
  )
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await project.concluded(newer, GATE, 'success')
  await project.concluded(sha, GATE, 'cancelled')
  expect(new Set(project.checks(sha).map((check) => check.split(': ')[1]))).toEqual(new Set(['cancelled']))
  expect(project.words(sha, GATE).title).toBe(`Cancelled: superseded by the newer commit ${newer.slice(0, 7)}.`)
  await app.github.until('GitHub cancelled the older runs', () =>
    app.github.state
      .workflowRuns(project.repo)
      .slice(0, 2)
      .every((run) => run.conclusion === 'cancelled'),
  )
})

test('closing cancels, reopening runs again', async () => {
  const project = makeProject(app, { runner: (run) => ({ hang: run.runNumber <= 2 && run.workflow === 'build.yml' }) })
  const { sha, number } = project.openPullRequest()
  await app.github.until('builds are under way', () => project.dispatched().length === 2)
  app.github.closePullRequest(project.repo, number, 'ann')
  await project.concluded(sha, GATE, 'cancelled')
  expect(project.words(sha, GATE).title).toBe('Cancelled: the pull request was closed.')
  app.github.reopenPullRequest(project.repo, number, 'ann')
  await project.concluded(sha, GATE, 'success')
})

test('a gate that is green stays green when what it does not need is cancelled', async () => {
  const config = CONFIG.replace('    gates:', '      docs: { workflow: build.yml }\n    gates:')
  const project = makeProject(app, { config, runner: ({ signalbox }) => ({ hang: signalbox?.job === 'docs' }) })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  app.github.mergePullRequest(project.repo, number, 'ann')
  await project.concluded(sha, 'ci / docs', 'cancelled')
  await app.github.settle()
  expect(project.checks(sha)).toContain(`${GATE}: success`)
})

test('concurrency: keep lets the older commit end', async () => {
  const project = makeProject(app, { config: CONFIG.replace('    jobs:', '    concurrency: keep\n    jobs:') })
  const { sha } = project.openPullRequest()
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await project.concluded(newer, GATE, 'success')
  // The older commit may have been overtaken before it was seen at all; what was started is not cancelled.
  await app.github.settle()
  expect(project.checks(sha).filter((check) => check.endsWith('cancelled'))).toEqual([])
})

test('a commit that touches nothing of the pipeline passes at once and says why', async () => {
  const config = CONFIG.replace('pull_request: {}', 'pull_request: { paths: ["src/**"] }')
  const project = makeProject(app, { config })
  const { sha } = project.openPullRequest('docs', { 'docs/a.md': 'a' })
  await project.concluded(sha, GATE, 'success')
  expect(project.words(sha, GATE).title).toBe(
    "Nothing to do for this change: none of the 1 changed file matches the pipeline's paths.",
  )
  expect(project.dispatched()).toEqual([])
  const touched = project.openPullRequest('code', { 'src/a.ts': 'a', 'docs/a.md': 'b' })
  await project.concluded(touched.sha, GATE, 'success')
  expect(project.dispatched()).toHaveLength(4)
})

test('10,000 changed files count as every file', async () => {
  const config = CONFIG.replace('pull_request: {}', 'pull_request: { paths: ["src/**"] }')
  const project = makeProject(app, { config })
  const files = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`docs/${index}.md`, 'x']))
  const { sha } = project.openPullRequest('huge', files)
  await project.concluded(sha, GATE, 'success')
  expect(project.dispatched()).toHaveLength(4)
})

test('a draft starts when it is ready, a new base starts anew', async () => {
  const config = CONFIG.replace('pull_request: {}', 'pull_request: { drafts: false }')
  const project = makeProject(app, { config })
  app.github.createBranch(project.repo, 'release', 'main')
  const sha = app.github.pushCommit(project.repo, 'feature', { files: { 'src/x': 'x' }, author: 'ann' })
  const number = app.github.openPullRequest(project.repo, {
    head: 'feature',
    base: 'main',
    title: 'x',
    author: 'ann',
    draft: true,
  })
  await app.github.settle()
  expect(project.checks(sha)).toEqual([])
  app.github.readyForReview(project.repo, number, 'ann')
  await project.concluded(sha, GATE, 'success')
  app.github.changeBase(project.repo, number, 'release', 'ann')
  await app.github.until('the plan for the new base ran', () => project.dispatched().length === 8)
  await project.concluded(sha, GATE, 'success')
})

test('a pull request from a fork dispatches nothing and says why', async () => {
  const project = makeProject(app)
  app.github.fork(project.repo, 'eve')
  const fork = `eve/${project.repo.split('/')[1]}`
  const sha = app.github.pushCommit(fork, 'evil', { files: { 'src/x': 'x' }, author: 'eve' })
  app.github.openPullRequest(project.repo, { head: 'eve:evil', base: 'main', title: 'x', author: 'eve' })
  await app.github.until('the gate is shown', () => project.checks(sha).some((check) => check.startsWith(GATE)))
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  expect(project.checks(sha)).toContain('Tests Passed: in_progress')
  const command = `/ok-to-test ${sha}`
  expect(project.words(sha, GATE).title).toBe(
    `Held: the commit comes from a fork. To run it, a maintainer comments ${command}`,
  )
  expect(project.words(sha, GATE).summary).toContain(`\n${command}\n`)
})

test('the configuration is that of the base branch, whatever the pull request makes of it', async () => {
  const project = makeProject(app)
  const { sha } = project.openPullRequest('feature', { '.github/signalbox.yml': CONFIG.replaceAll('build', 'other') })
  await project.concluded(sha, GATE, 'success')
  expect(new Set(project.dispatched())).toEqual(new Set(['build.yml', 'test.yml']))
})

test('hostile branch names are data everywhere', async () => {
  const config = CONFIG.replace('build.yml,', 'build.yml, inputs: { branch: "${{ pr.head_ref }}" },')
  const files = {
    '.github/workflows/build.yml': WORKFLOW.replace('inputs:\n', 'inputs:\n      branch: { type: string }\n'),
  }
  const project = makeProject(app, { config, files })
  const branch = `x-"'\`|<b>$(id)\${{sha}}{{7*7}}😀`
  const { sha } = project.openPullRequest(branch)
  await project.concluded(sha, GATE, 'success')
  expect(app.github.state.workflowRuns(project.repo)[0]?.inputs.branch).toBe(branch)
})

test('a base that is changed and changed back is judged anew: another base cannot lend it a green gate', async () => {
  const project = makeProject(app, {
    runner: ({ workflow }) => (workflow === 'test.yml' ? { conclusion: 'failure' } : {}),
  })
  app.github.pushCommit(project.repo, 'easy', {
    files: { '.github/signalbox.yml': CONFIG.replace('pull_request: {}', 'pull_request: { paths: ["never/**"] }') },
    author: 'ann',
  })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  app.github.changeBase(project.repo, number, 'easy', 'ann')
  await project.concluded(sha, GATE, 'success')
  app.github.changeBase(project.repo, number, 'main', 'ann')
  await project.concluded(sha, GATE, 'failure')
})
