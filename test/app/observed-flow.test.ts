import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { openFork, toldLegs } from '../support/fork.ts'
import { GATE, makeProject, type Project, WORKFLOW } from '../support/project.ts'

const app = useApp()

const LINT = `name: Lint
on: { pull_request: {}, merge_group: {} }
jobs:
  work: { runs-on: ubuntu-latest, steps: [{ run: "make lint" }] }
`
/** As `signalbox init` writes them: dispatched for those who are trusted, started by GitHub for everybody. */
const BOTH = WORKFLOW.replace('on:\n', 'on:\n  pull_request:\n').replace(/run-name: .*\n/, '')

const configOf = (job: string, more = '') => `version: 1
pipelines:
  ci:
    on: { pull_request: {}, merge_group: {} }
    jobs:
      lint: ${job}
${more}    gates: { tests: { name: "${GATE}", needs: [lint] } }
`
const LEG = 'ci / lint'
const OBSERVE_LINT = configOf('{ observe: { workflow: lint.yml } }')

function makeLinted(options: Parameters<typeof makeProject>[1] = {}): Project {
  return makeProject(app, {
    config: OBSERVE_LINT,
    ...options,
    files: { '.github/workflows/lint.yml': LINT, ...options.files },
  })
}

const quiet = () => app.github.settle({ quietMs: 300 })

describe("a job that follows GitHub's own run of a workflow", () => {
  test.each(['trusted', 'fork'])('%s: it succeeds as that does, and nothing is dispatched', async (from) => {
    const project = makeLinted()
    const { sha } = from === 'fork' ? openFork(app, project) : project.openPullRequest()
    await project.concluded(sha, GATE, 'success')
    const runs = app.github.state.workflowRuns(project.repo)
    expect(runs.map((run) => run.event)).toEqual(['pull_request'])
    const check = app.github.state.checkRun(project.repo, LEG, sha)
    expect(check).toMatchObject({ conclusion: 'success', detailsUrl: expect.stringContaining(`/runs/${runs[0]?.id}`) })
    expect(project.words(sha, GATE).summary).toContain(`/runs/${runs[0]?.id}`)
  })

  test('a failure fails it, and a re-run at GitHub that passes makes the gate green', async () => {
    const project = makeLinted({ runner: ({ runAttempt }) => (runAttempt === 1 ? { conclusion: 'failure' } : {}) })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'failure')
    expect(project.words(sha, LEG).title).toBe('Failed: the workflow lint.yml failed.')
    app.github.rerunWorkflowRun(project.repo, app.github.state.workflowRuns(project.repo)[0]?.id ?? 0)
    await project.concluded(sha, GATE, 'success')
    await project.concluded(sha, LEG, 'success')
    expect(app.github.state.checkRuns(project.repo, sha)).toHaveLength(2)
  })

  test.each(['neutral', 'skipped'] as const)('%s does not pass', async (conclusion) => {
    const project = makeLinted({ runner: () => ({ conclusion }) })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'failure')
    expect(project.words(sha, LEG).title).toBe(
      `Failed: the workflow lint.yml ended as ${conclusion}; only success passes.`,
    )
  })

  test("a newcomer's run waits for GitHub's own approval: the gate says so, and goes on as the run does", async () => {
    const project = makeLinted({
      runner: ({ runAttempt }) => (runAttempt === 1 ? { conclusion: 'action_required' } : {}),
    })
    const { sha } = openFork(app, project)
    await app.github.until('the gate to say what it waits for', () =>
      project.words(sha, GATE).title.includes('waits for a maintainer to press «Approve and run»'),
    )
    await quiet()
    expect(project.checks(sha)).toEqual([`${GATE}: in_progress`, `${LEG}: queued`])
    app.github.rerunWorkflowRun(project.repo, app.github.state.workflowRuns(project.repo)[0]?.id ?? 0)
    await project.concluded(sha, GATE, 'success')
  })

  test('a run that a person or a schedule started does not stand for it', async () => {
    const project = makeLinted({
      config: configOf('{ observe: { workflow: lint.yml }, timeout: 2s }'),
      files: { '.github/workflows/lint.yml': WORKFLOW },
    })
    const { sha } = project.openPullRequest()
    for (const event of ['schedule', 'workflow_dispatch'])
      app.github.startWorkflowRun(project.repo, 'lint.yml', { event, ref: 'feature', sha, actor: 'ann' })
    await project.concluded(sha, LEG, 'timed_out')
    expect(project.words(sha, LEG).title).toBe('Timed out: the workflow lint.yml never reported: the time-out is 2 s.')
    await project.concluded(sha, GATE, 'failure')
  })

  test('one that takes too long has timed out, and passes when it passes after all', async () => {
    const project = makeLinted({
      config: configOf('{ observe: { workflow: lint.yml }, timeout: 1s }'),
      runner: () => ({ durationMs: 2500 }),
    })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'failure')
    expect(project.words(sha, LEG).title).toContain('took too long')
    await project.concluded(sha, GATE, 'success')
  })

  test('what needs it is dispatched once it has succeeded', async () => {
    const config = configOf(
      '{ observe: { workflow: lint.yml } }',
      '      build: { workflow: build.yml, needs: [lint] }\n',
    )
    const project = makeLinted({
      config,
      runner: ({ workflow }) => (workflow === 'lint.yml' ? { durationMs: 1500 } : {}),
    })
    const { sha } = project.openPullRequest()
    await app.github.until('the lint to be followed', () => project.checks(sha).includes(`${LEG}: in_progress`))
    expect(project.dispatched()).toEqual(['lint.yml'])
    expect(project.words(sha, 'ci / build').title).toBe(`Waits for ${LEG}.`)
    await project.concluded(sha, 'ci / build', 'success')
    expect(project.dispatched()).toEqual(['lint.yml', 'build.yml'])
  })

  test('what needs it is skipped when it failed', async () => {
    const config = configOf(
      '{ observe: { workflow: lint.yml } }',
      '      build: { workflow: build.yml, needs: [lint] }\n',
    )
    const project = makeLinted({ config, runner: () => ({ conclusion: 'failure' }) })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, 'ci / build', 'skipped')
    expect(project.words(sha, 'ci / build').title).toBe(`Was skipped: needs ${LEG}, which failed.`)
    expect(project.dispatched()).toEqual(['lint.yml'])
  })

  test('one that is not told of is found all the same', async () => {
    const project = makeLinted({ runner: () => ({ durationMs: 100 }) })
    app.github.faults.webhooks({ vanish: (delivery) => delivery.event === 'workflow_run' })
    const { sha } = project.openPullRequest()
    await app.github.until('the run to have ended', () =>
      app.github.state.workflowRuns(project.repo).some((run) => run.status === 'completed'),
    )
    await quiet()
    await app.serving.store.runs.enqueueReconcile()
    await project.concluded(sha, GATE, 'success')
  })
})

describe('a job that follows the check of another app', () => {
  const config = configOf('{ observe: { check: Scan, app: scanner }, timeout: 3s }')
  const post = (project: Project, slug: string, headSha: string, conclusion?: 'success' | 'failure') =>
    app.github.postCheckRun(project.repo, slug, {
      name: 'Scan',
      headSha,
      ...(conclusion === undefined ? { status: 'in_progress' } : { status: 'completed', conclusion }),
    })

  test.each(['trusted', 'fork'])('%s: the named app counts', async (from) => {
    const project = makeProject(app, { config })
    const { sha } = from === 'fork' ? openFork(app, project) : project.openPullRequest()
    const id = post(project, 'scanner', sha)
    await app.github.until('it is followed', () => project.checks(sha).includes(`${LEG}: in_progress`))
    app.github.changeCheckRun(project.repo, id, { status: 'completed', conclusion: 'success' })
    await project.concluded(sha, GATE, 'success')
    expect(project.dispatched()).toEqual([])
  })

  test('an impostor of the same name does not count, and cannot hide the real one', async () => {
    const project = makeProject(app, { config })
    const { sha } = project.openPullRequest()
    post(project, 'scanner', sha, 'failure')
    await project.concluded(sha, GATE, 'failure')
    post(project, 'impostor', sha, 'success')
    await quiet()
    expect(project.checks(sha)).toEqual([`${GATE}: failure`, `${LEG}: failure`])
    post(project, 'scanner', sha, 'success')
    await project.concluded(sha, GATE, 'success')
    post(project, 'impostor', sha, 'failure')
    await quiet()
    expect(project.checks(sha)).toEqual([`${GATE}: success`, `${LEG}: success`])
  })

  test('one that never reports has timed out', async () => {
    const project = makeProject(app, { config })
    const { sha } = project.openPullRequest()
    post(project, 'impostor', sha, 'success')
    await project.concluded(sha, LEG, 'timed_out')
    expect(project.words(sha, LEG).title).toBe(
      'Timed out: the check Scan of scanner never reported: the time-out is 3 s.',
    )
    await project.concluded(sha, GATE, 'failure')
  })

  test('one that was posted on another commit does not count', async () => {
    const project = makeProject(app, { config })
    const first = project.openPullRequest()
    post(project, 'scanner', first.sha, 'success')
    await project.concluded(first.sha, GATE, 'success')
    const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/x': 'x' }, author: 'ann' })
    await project.concluded(newer, LEG, 'timed_out')
  })
})

describe('forks.start: observe', () => {
  const config = `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs:
      lint: { workflow: lint.yml }
      build: { workflow: build.yml, needs: [lint] }
    gates: { tests: { name: "${GATE}", needs: [lint, build] } }
forks: { start: observe }
`
  const files = { '.github/workflows/lint.yml': BOTH, '.github/workflows/build.yml': BOTH }

  test("a fork is followed without an approval, and the repository's own commits are dispatched", async () => {
    const project = makeProject(app, { config, files })
    const fork = openFork(app, project)
    await project.concluded(fork.sha, GATE, 'success')
    expect(toldLegs(app, project.repo)).toEqual([])
    const trusted = project.openPullRequest()
    await project.concluded(trusted.sha, GATE, 'success')
    expect(toldLegs(app, project.repo).map((told) => [told.job, told.trusted, told.sha])).toEqual([
      ['lint', true, trusted.sha],
      ['build', true, trusted.sha],
    ])
  })

  test.each([
    ['.github/workflows/lint.yml', LINT.replace('make lint', 'true')],
    ['.github/actions/lint/action.yml', 'name: nothing'],
  ])('one that changes %s writes its own verdict: it waits for a maintainer', async (path, text) => {
    const project = makeProject(app, { config, files })
    const fork = openFork(app, project, { files: { [path]: text } })
    await app.github.until('the gate to be held', () => project.words(fork.sha, GATE).title.startsWith('Held: '))
    await app.github.until('its own run to have passed', () =>
      app.github.state
        .workflowRuns(project.repo)
        .some((run) => run.workflow.path.endsWith('lint.yml') && run.conclusion === 'success'),
    )
    await quiet()
    expect(project.checks(fork.sha)).toContain(`${GATE}: in_progress`)
    expect(project.words(fork.sha, GATE).title).toContain(`/ok-to-test ${fork.sha}`)
    app.github.comment(project.repo, fork.number, `/ok-to-test ${fork.sha}`, 'ann')
    await project.concluded(fork.sha, GATE, 'success')
    expect(toldLegs(app, project.repo)).toEqual([])
  })

  test('a workflow that is changed in one commit and changed back in the next is judged by each commit', async () => {
    const project = makeProject(app, { config, files })
    const fork = openFork(app, project, { files: { '.github/workflows/lint.yml': LINT.replace('make lint', 'true') } })
    await app.github.until('the gate to be held', () => project.words(fork.sha, GATE).title.startsWith('Held: '))
    const mended = fork.push({ '.github/workflows/lint.yml': BOTH, 'src/x': 'x' })
    await project.concluded(mended, GATE, 'success')
    const again = fork.push({ '.github/workflows/lint.yml': LINT })
    await app.github.until('the gate to be held', () => project.words(again, GATE).title.startsWith('Held: '))
    await quiet()
    expect(project.checks(again)).toContain(`${GATE}: in_progress`)
  })
})
