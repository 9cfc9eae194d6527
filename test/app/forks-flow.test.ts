import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { openFork, toldLegs } from '../support/fork.ts'
import { CONFIG, GATE, makeProject, type Project, WORKFLOW } from '../support/project.ts'

const app = useApp()

const ONE_JOB = `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs: { build: { workflow: build.yml } }
    gates: { tests: { name: "${GATE}", needs: [build] } }
`
const BUILD = 'ci / build'

const approve = (project: Project, number: number, sha: string, by = 'ann') =>
  app.github.comment(project.repo, number, `/ok-to-test ${sha}`, by)

const held = ({ words }: Project, sha: string) =>
  app.github.until(`the gate of ${sha} to be held`, () => words(sha, GATE).title.startsWith('Held: '))

/** Long enough for whatever might still come. */
const quiet = () => app.github.settle({ quietMs: 300 })

const toldShas = ({ repo }: Project) => toldLegs(app, repo).map((told) => told.sha)

function auditOf({ repo }: Project) {
  return app.serving.store.pullRequests.listAudit(app.github.state.repository(repo).id, 100)
}

describe('an approval', () => {
  test('by comment lets the legs of that commit go, without rights, and a new commit is held again', async () => {
    const project = makeProject(app)
    const fork = openFork(app, project)
    await held(project, fork.sha)
    expect(project.words(fork.sha, 'ci / build (debian)').title).toBe(
      'Waits for a maintainer: the commit comes from a fork.',
    )
    approve(project, fork.number, fork.sha)
    await project.concluded(fork.sha, GATE, 'success')
    const told = toldLegs(app, project.repo)
    expect(told).toHaveLength(4)
    for (const one of told)
      expect(one).toMatchObject({ sha: fork.sha, trusted: false, push: false, pull_request: fork.number })
    expect(project.words(fork.sha, GATE).summary).toContain('ann approved it, by comment.')
    expect(project.words(fork.sha, 'ci / build (debian)').summary).toContain('not trusted, and ann approved it')
    const newer = fork.push()
    await held(project, newer)
    await quiet()
    expect(project.words(newer, GATE).title).toContain(`/ok-to-test ${newer}`)
    expect(new Set(toldShas(project))).toEqual(new Set([fork.sha]))
  })

  test('by label holds for the commit that was labelled', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    app.github.addLabel(project.repo, fork.number, 'ok-to-test', 'ann')
    await project.concluded(fork.sha, GATE, 'success')
    expect(project.words(fork.sha, GATE).summary).toContain('ann approved it, by label.')
    expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ trusted: false, push: false })])
    const newer = fork.push()
    await held(project, newer)
    await quiet()
    expect(toldShas(project)).toEqual([fork.sha])
  })

  test.each([
    ['by comment', (project: Project, number: number, sha: string) => approve(project, number, sha, 'rob')],
    ['by label', (project: Project, number: number) => app.github.addLabel(project.repo, number, 'ok-to-test', 'rob')],
    ['of the author', (project: Project, number: number, sha: string) => approve(project, number, sha, 'eve')],
    ['of the app', (project: Project, number: number, sha: string) => approve(project, number, sha, 'signalbox[bot]')],
    ['of another bot', (project: Project, number: number, sha: string) => approve(project, number, sha, 'ann[bot]')],
    ['shortened', (project: Project, number: number, sha: string) => approve(project, number, sha.slice(0, 12))],
    ['of another commit', (project: Project, number: number) => approve(project, number, 'f'.repeat(40))],
  ])('%s that does not count changes nothing', async (_, act) => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    act(project, fork.number, fork.sha)
    await quiet()
    expect(project.dispatched()).toEqual([])
    expect(project.checks(fork.sha)).toContain(`${GATE}: in_progress`)
    expect((await auditOf(project)).filter((entry) => entry.action === 'approve')).toEqual([])
  })

  test('of an older commit is refused, and says so', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    const newer = fork.push()
    await held(project, newer)
    approve(project, fork.number, fork.sha)
    const replies = () =>
      app.github.state
        .comments(project.repo, fork.number)
        .filter(({ body }) => body.startsWith('<!-- signalbox:reply ') && body.includes(newer))
    await app.github.until('a reply that names the newer commit', () => replies().length === 1)
    await quiet()
    expect(project.dispatched()).toEqual([])
    expect(await auditOf(project)).toEqual([])
  })

  test('given twice at once runs each leg once, and is one approval', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    app.github.setPermission(project.repo, 'bob', 'write')
    const fork = openFork(app, project)
    await held(project, fork.sha)
    approve(project, fork.number, fork.sha)
    approve(project, fork.number, fork.sha, 'bob')
    app.github.addLabel(project.repo, fork.number, 'ok-to-test', 'bob')
    await project.concluded(fork.sha, GATE, 'success')
    await quiet()
    expect(project.dispatched()).toEqual(['build.yml'])
    expect((await auditOf(project)).filter((entry) => entry.action === 'approve')).toHaveLength(1)
  })
})

describe('a push after the approval', () => {
  const DELAYS = [0, 5, 15, 30, 60, 120]
  test.each(DELAYS)('%i ms later: nothing is dispatched for a commit that nobody approved', async (ms) => {
    const project = makeProject(app)
    const fork = openFork(app, project)
    await held(project, fork.sha)
    approve(project, fork.number, fork.sha)
    await new Promise((resolve) => setTimeout(resolve, ms))
    const newer = fork.push()
    await held(project, newer)
    await quiet()
    expect(new Set([...toldShas(project), fork.sha])).toEqual(new Set([fork.sha]))
    expect(project.checks(newer)).toContain(`${GATE}: in_progress`)
  })

  test('before its label is known of: the label stands for the commit that was labelled', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    app.github.faults.webhooks({ delayMs: (delivery) => (delivery.action === 'labeled' ? 400 : 0) })
    app.github.addLabel(project.repo, fork.number, 'ok-to-test', 'ann')
    const newer = fork.push()
    await held(project, newer)
    await app.github.until('the label to be told', () =>
      app.github.state.deliveries.some((delivery) => delivery.action === 'labeled'),
    )
    await quiet()
    expect(project.dispatched()).toEqual([])
    expect(project.checks(newer)).toContain(`${GATE}: in_progress`)
  })

  test('of which no webhook tells: the head is read again, and the approved commit is not dispatched either', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    app.github.faults.webhooks({
      vanish: (delivery) => delivery.event === 'pull_request' && delivery.action === 'synchronize',
    })
    await quiet()
    // Known as the head when the comment is answered, and moved when the leg is about to be dispatched.
    let newer = ''
    const reads = () =>
      app.github.state.requests.filter(({ path }) => path === `/repos/${project.repo}/pulls/${fork.number}`)
    const before = reads().length
    const end = app.github.onChange(() => {
      const isRead = reads()
        .slice(before)
        .some((request) => request.status === 200)
      if (newer !== '' || !isRead) return
      newer = 'pushing'
      newer = fork.push()
    })
    approve(project, fork.number, fork.sha)
    await app.github.until('the newer commit is pushed', () => newer.length === 40)
    end()
    await held(project, newer)
    await project.concluded(fork.sha, GATE, 'cancelled')
    await quiet()
    expect(project.dispatched()).toEqual([])
  })

  test('that comes back to the approved commit needs no second approval', async () => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    approve(project, fork.number, fork.sha)
    await project.concluded(fork.sha, GATE, 'success')
    const newer = fork.push()
    await held(project, newer)
    app.github.forcePush(fork.repo, 'gift', fork.sha, 'eve')
    await project.concluded(fork.sha, GATE, 'success')
    await quiet()
    expect(new Set(toldShas(project))).toEqual(new Set([fork.sha]))
  })
})

test('an approval that comes before the pull request was told of counts when it is', async () => {
  const project = makeProject(app, { config: ONE_JOB })
  app.github.faults.webhooks({ delayMs: ({ action }) => (action === 'opened' ? 500 : 0) })
  const fork = openFork(app, project)
  approve(project, fork.number, fork.sha)
  await project.concluded(fork.sha, GATE, 'success')
  expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ trusted: false, push: false })])
})

test('the reply to the dispatch of an approved leg is lost: it is not dispatched again', async () => {
  const project = makeProject(app, { config: ONE_JOB })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  app.github.faults.loseReply({ method: 'POST', path: /\/dispatches$/ })
  approve(project, fork.number, fork.sha)
  await app.github.until('the gate is green', () => project.checks(fork.sha).includes(`${GATE}: success`), {
    timeoutMs: 40_000,
  })
  await quiet()
  expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ trusted: false, sha: fork.sha })])
}, 60_000)

describe('a commit of which no webhook told', () => {
  test.each([
    ['comment', (project: Project, number: number, sha: string) => approve(project, number, sha)],
    ['label', (project: Project, number: number) => app.github.addLabel(project.repo, number, 'ok-to-test', 'ann')],
  ])('is run when it is approved by %s', async (_, act) => {
    const project = makeProject(app, { config: ONE_JOB })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    await quiet()
    app.github.faults.webhooks({ vanish: ({ action }) => action === 'synchronize' })
    const newer = fork.push()
    act(project, fork.number, newer)
    await project.concluded(newer, GATE, 'success')
    await project.concluded(fork.sha, GATE, 'cancelled')
    expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ sha: newer, trusted: false, push: false })])
  })
})

test('closed while it is held, it is held again when it is reopened; an approval in between waits with it', async () => {
  const project = makeProject(app, { config: ONE_JOB })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  app.github.closePullRequest(project.repo, fork.number, 'eve')
  await project.concluded(fork.sha, GATE, 'cancelled')
  approve(project, fork.number, fork.sha)
  await quiet()
  expect(project.dispatched()).toEqual([])
  app.github.reopenPullRequest(project.repo, fork.number, 'eve')
  await app.github.until('the gate to be open or green', () => !project.checks(fork.sha).includes(`${GATE}: cancelled`))
  approve(project, fork.number, fork.sha)
  await project.concluded(fork.sha, GATE, 'success')
  expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ trusted: false, push: false })])
})

test('a fork that is deleted before it is approved stays untrusted', async () => {
  const project = makeProject(app, { config: ONE_JOB })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  app.github.deleteRepository(fork.repo)
  await quiet()
  expect(project.dispatched()).toEqual([])
  approve(project, fork.number, fork.sha)
  await project.concluded(fork.sha, GATE, 'success')
  expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ trusted: false, push: false })])
})

test('a commit that two pull requests have is approved for one of them', async () => {
  const project = makeProject(app, { config: ONE_JOB })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  app.github.createBranch(fork.repo, 'second', 'gift', 'eve')
  app.github.createBranch(project.repo, 'release', 'main', 'ann')
  const second = app.github.openPullRequest(project.repo, {
    head: 'eve:second',
    base: 'release',
    title: 'y',
    author: 'eve',
  })
  await quiet()
  approve(project, second, fork.sha)
  await app.github.until('one leg to run', () => project.dispatched().length === 1)
  await quiet()
  expect(toldLegs(app, project.repo).map((told) => told.pull_request)).toEqual([second])
})

test('a fork that is deleted while its legs run: they end as they end, and what comes after is still untrusted', async () => {
  const project = makeProject(app, { runner: ({ workflow }) => ({ durationMs: workflow === 'build.yml' ? 200 : 20 }) })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  approve(project, fork.number, fork.sha)
  await app.github.until('the builds run', () => project.dispatched().length === 2)
  app.github.deleteRepository(fork.repo)
  await project.concluded(fork.sha, GATE, 'success')
  expect(toldLegs(app, project.repo).map((told) => [told.trusted, told.push])).toEqual(Array(4).fill([false, false]))
})

describe('what the repository says of forks', () => {
  const withForks = (forks: string) => `${ONE_JOB}forks: ${forks}\n`

  test('policy run: nothing waits, and nothing has rights', async () => {
    const project = makeProject(app, { config: withForks('{ policy: run }') })
    const { sha } = openFork(app, project)
    await project.concluded(sha, GATE, 'success')
    expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ sha, trusted: false, push: false })])
  })

  test('policy never: an approval changes nothing', async () => {
    const project = makeProject(app, { config: withForks('{ policy: never }') })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    approve(project, fork.number, fork.sha)
    app.github.addLabel(project.repo, fork.number, 'ok-to-test', 'ann')
    await quiet()
    expect(project.dispatched()).toEqual([])
    expect(project.words(fork.sha, GATE).title).toContain('runs nothing for forks')
    expect(project.words(fork.sha, GATE).summary).toContain('push it to a\nbranch of this repository')
  })

  test('trusted_authors wait for nobody, and are not trusted either', async () => {
    const project = makeProject(app, { config: withForks('{ trusted_authors: [Eve] }') })
    const { sha } = openFork(app, project)
    await project.concluded(sha, GATE, 'success')
    expect(toldLegs(app, project.repo)).toEqual([expect.objectContaining({ sha, trusted: false, push: false })])
    const stranger = openFork(app, project, { owner: 'mallory' })
    await held(project, stranger.sha)
    await quiet()
    expect(toldShas(project)).toEqual([sha])
  })

  test('members: an association counts, and nothing less than MEMBER', async () => {
    const project = makeProject(app, { config: withForks('{ members: true }') })
    app.github.setAssociation(project.repo, 'eve', 'MEMBER')
    app.github.setAssociation(project.repo, 'mallory', 'CONTRIBUTOR')
    const { sha } = openFork(app, project)
    const contributor = openFork(app, project, { owner: 'mallory' })
    await project.concluded(sha, GATE, 'success')
    await held(project, contributor.sha)
    await quiet()
    expect(toldShas(project)).toEqual([sha])
  })

  test('workflow: another executor, which is told the inputs inside `signalbox` alone', async () => {
    const config = withForks('{ workflow: test.yml }').replace(
      'workflow: build.yml',
      'workflow: build.yml, inputs: { level: high }',
    )
    const files = {
      '.github/workflows/build.yml': WORKFLOW.replace('inputs:\n', 'inputs:\n      level: { type: string }\n'),
    }
    const project = makeProject(app, { config, files })
    const fork = openFork(app, project)
    await held(project, fork.sha)
    approve(project, fork.number, fork.sha)
    await project.concluded(fork.sha, GATE, 'success')
    const [run] = app.github.state.workflowRuns(project.repo)
    expect(project.dispatched()).toEqual(['test.yml'])
    expect(Object.keys(run?.inputs ?? {})).toEqual(['signalbox'])
    expect(toldLegs(app, project.repo)[0]).toMatchObject({ job: 'build', inputs: { level: 'high' } })
    const trusted = project.openPullRequest()
    await project.concluded(trusted.sha, GATE, 'success')
    expect(project.dispatched()).toEqual(['test.yml', 'build.yml'])
    expect(app.github.state.workflowRuns(project.repo)[1]?.inputs.level).toBe('high')
  })

  test('build-only and skip: what a job does for forks', async () => {
    const config = CONFIG.replace('build.yml,', 'build.yml, forks: build-only,').replace(
      'test.yml,',
      'test.yml, forks: skip,',
    )
    const project = makeProject(app, { config: `${config}forks: { policy: run }\n` })
    const { sha } = openFork(app, project)
    await project.concluded(sha, 'ci / build (debian)', 'success')
    await project.concluded(sha, GATE, 'success')
    expect(project.checks(sha).filter((check) => check.endsWith('skipped'))).toHaveLength(2)
    expect(toldLegs(app, project.repo).every((told) => told.build_only === true && told.job === 'build')).toBe(true)
    const trusted = project.openPullRequest()
    await project.concluded(trusted.sha, GATE, 'success')
    expect(toldLegs(app, project.repo).filter((told) => told.build_only === false)).toHaveLength(4)
  })
})

test('a leg of a fork is re-run under the same approval, and one whose commit was overtaken is not', async () => {
  let fails = true
  const project = makeProject(app, { config: ONE_JOB, runner: () => (fails ? { conclusion: 'failure' } : {}) })
  const fork = openFork(app, project)
  await held(project, fork.sha)
  approve(project, fork.number, fork.sha)
  await project.concluded(fork.sha, GATE, 'failure')
  fails = false
  app.github.rerequestCheckRun(project.repo, project.checkId(fork.sha, BUILD), 'ann')
  await project.concluded(fork.sha, GATE, 'success')
  const newer = fork.push()
  await held(project, newer)
  app.github.rerequestCheckRun(project.repo, project.checkId(fork.sha, BUILD), 'ann')
  app.github.rerequestCheckRun(project.repo, project.checkId(newer, BUILD), 'ann')
  await quiet()
  expect(toldShas(project).filter((sha) => sha === newer)).toEqual([])
  expect(project.checks(newer)).toContain(`${GATE}: in_progress`)
})
